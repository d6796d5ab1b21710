#include "spec/linearizability/format/settings.h"

#include "absl/strings/str_cat.h"
#include "spec/linearizability/format/edn.h"
#include "spec/linearizability/format/event.h"

namespace lockstep::linearizability::format {
namespace {

using NilRead = Semantics::NilRead;
using FailedCas = Semantics::FailedCompareAndSet;
using Kind = Datum::Kind;

std::string Text(std::string_view view) { return std::string(view); }

template <typename Choice>
absl::Status ParseChoice(const Source& source, const Datum& datum, Choice first, Choice second,
                         std::optional<Choice>* choice) {
  for (Choice candidate : {first, second}) {
    if (datum.text == Name(candidate)) *choice = candidate;
  }
  if (*choice) return absl::OkStatus();
  return source.Expected(datum.offset, "\"" + Text(Name(first)) + "\" or \"" + Text(Name(second)) + "\"");
}

// A value given on the command line, spelled as in EDN.
absl::StatusOr<Value> ParseInitial(const std::string& spelled, ModelKind model, HistoryBuilder& builder) {
  const Source source = Source::FromText("--initial", spelled);
  EdnScanner scanner(source.text());
  Data data;
  if (!scanner.Read(data)) return source.Expected(scanner.error().offset, scanner.error().expected);
  scanner.SkipBlanks();
  if (!scanner.AtEnd()) return source.Expected(scanner.offset(), "one value, such as nil, 0 or \"\"");
  ValueReader reader(source, builder, /*json=*/false);
  return model == ModelKind::kSet ? reader.ToSet(data, 0) : reader.ToValue(data, 0);
}

bool HasInitialValue(ModelKind model) {
  return model == ModelKind::kRegister || model == ModelKind::kKeyValue || model == ModelKind::kListAppend ||
         model == ModelKind::kCounter || model == ModelKind::kBank;
}

absl::Status SettleInitial(const ReadOptions& options, const Header& header, HistoryBuilder& builder,
                           Semantics* semantics) {
  if ((options.initial || !options.initial_by_key.empty()) && !HasInitialValue(semantics->model)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--initial: the model ", Text(linearizability::Name(semantics->model)), " has none to choose"));
  }
  semantics->initial = header.initial.value_or(kNil);
  semantics->initial_by_key = header.initial_by_key;
  if (options.initial) {
    absl::StatusOr<Value> value = ParseInitial(*options.initial, semantics->model, builder);
    if (!value.ok()) return value.status();
    semantics->initial = *value;
    semantics->initial_by_key.clear();
  }
  for (const auto& [key, spelled] : options.initial_by_key) {
    absl::StatusOr<Value> value = ParseInitial(spelled, semantics->model, builder);
    if (!value.ok()) return value.status();
    semantics->initial_by_key.emplace_back(builder.InternKey(key), *value);
  }
  return absl::OkStatus();
}

// Whether some answer was told that the initial value bears on.
bool InitialMatters(const Evidence& seen) {
  return seen.Has(OperationKind::kRead) || seen.Has(OperationKind::kCompareAndSet) || seen.Has(OperationKind::kRange) ||
         seen.Has(OperationKind::kTransaction);
}

}  // namespace

std::string_view Name(NilRead nil_read) { return nil_read == NilRead::kValue ? "value" : "no-answer"; }
std::string_view Name(FailedCas failed_cas) { return failed_cas == FailedCas::kFact ? "fact" : "dropped"; }

absl::Status ParseHeader(const Source& source, const Data& data, uint32_t map, ValueReader& reader, Header* header) {
  if (const uint32_t model = FieldOf(data, map, "model"); model != Event::kAbsent) {
    header->model = ModelOf(data[model].text);
    if (!header->model) return source.Expected(data[model].offset, "a model's name, such as \"register\"");
  }
  if (const uint32_t initial = FieldOf(data, map, "initial"); initial != Event::kAbsent) {
    header->initial = header->model == ModelKind::kSet ? reader.ToSet(data, initial) : reader.ToValue(data, initial);
  }
  if (const uint32_t by_key = FieldOf(data, map, "initial-by-key"); by_key != Event::kAbsent) {
    if (data[by_key].kind != Kind::kMap) return source.Expected(data[by_key].offset, "a map from keys to values");
    for (uint32_t name = by_key + 1; name < data[by_key].next; name = data[data[name].next].next) {
      absl::StatusOr<Key> key = reader.ToKey(data, name);
      if (!key.ok()) return key.status();
      header->initial_by_key.emplace_back(*key, reader.ToValue(data, data[name].next));
    }
  }
  absl::Status status;
  if (const uint32_t nil_read = FieldOf(data, map, "nil-read"); nil_read != Event::kAbsent) {
    status = ParseChoice(source, data[nil_read], NilRead::kValue, NilRead::kNoAnswer, &header->nil_read);
  }
  if (const uint32_t failed = FieldOf(data, map, "failed-cas"); status.ok() && failed != Event::kAbsent) {
    status = ParseChoice(source, data[failed], FailedCas::kDropped, FailedCas::kFact, &header->failed_cas);
  }
  return status;
}

absl::Status SettleSemantics(const ReadOptions& options, const Header& header, const Evidence& evidence,
                             const Relevant& relevant, HistoryBuilder& builder, HistoryFile* file) {
  Semantics& semantics = file->semantics;
  const Semantics defaults = DefaultSemantics(file->format);
  const std::string format = Text(Name(file->format));

  if (options.model || header.model) {
    semantics.model = options.model.value_or(*(header.model ? header.model : options.model));
  } else {
    absl::StatusOr<ModelKind> model = InferModel(evidence);
    if (!model.ok())
      return absl::InvalidArgumentError(absl::StrCat(file->name, ": ", std::string(model.status().message())));
    semantics.model = *model;
    file->assumed.push_back(
        absl::StrCat("model ", Text(linearizability::Name(*model)), " (inferred from ", KindsInWords(evidence), ")"));
  }
  if (absl::Status status = SettleInitial(options, header, builder, &semantics); !status.ok()) return status;
  const bool initial_told = options.initial || !options.initial_by_key.empty() || header.initial;
  if (!initial_told && HasInitialValue(semantics.model) && InitialMatters(evidence)) {
    file->assumed.push_back(semantics.model == ModelKind::kBank      ? "initial balances as first read (default)"
                            : semantics.model == ModelKind::kCounter ? "initial value 0 (default)"
                                                                     : "initial value nil (default)");
  }
  semantics.nil_read = options.nil_read.value_or(header.nil_read.value_or(defaults.nil_read));
  if (!options.nil_read && !header.nil_read && relevant.nil_answered) {
    file->assumed.push_back(semantics.nil_read == NilRead::kValue
                                ? absl::StrCat("a read of nil read nil (default of ", format, ")")
                                : absl::StrCat("a read of nil says nothing (default of ", format, ")"));
  }
  semantics.failed_cas = options.failed_cas.value_or(header.failed_cas.value_or(defaults.failed_cas));
  if (!options.failed_cas && !header.failed_cas && relevant.cas_failed) {
    file->assumed.push_back(semantics.failed_cas == FailedCas::kFact
                                ? absl::StrCat("a failed compare-and-set is an answer (default of ", format, ")")
                                : absl::StrCat("a failed compare-and-set says nothing (default of ", format, ")"));
  }
  return absl::OkStatus();
}

}  // namespace lockstep::linearizability::format

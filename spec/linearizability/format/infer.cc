#include "spec/linearizability/format/infer.h"

#include <initializer_list>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::linearizability::format {
namespace {

using K = OperationKind;

constexpr K kLastKind = K::kTransfer;

bool Only(const Evidence& seen, std::initializer_list<K> kinds) {
  uint32_t allowed = 0;
  for (K kind : kinds) allowed |= uint32_t{1} << static_cast<uint32_t>(kind);
  return (seen.kinds & ~allowed) == 0;
}

bool Fits(const Evidence& seen, ModelKind model) {
  const bool reads_scalars_only = !seen.read_list && !seen.read_map;
  const bool reads_lists_only = !seen.read_map && !seen.read_integer && !seen.read_other;
  switch (model) {
    case ModelKind::kRegister:
      // A register that answers collections nobody wrote is more likely something else.
      return Only(seen, {K::kRead, K::kWrite, K::kCompareAndSet}) && (reads_scalars_only || seen.Has(K::kWrite));
    case ModelKind::kKeyValue:
      return Only(seen, {K::kRead, K::kWrite, K::kCompareAndSet, K::kAppend, K::kDelete, K::kRange, K::kDeleteRange,
                         K::kTransaction}) &&
             !seen.append_other && (!seen.Has(K::kAppend) || reads_scalars_only) &&
             (reads_scalars_only || seen.Has(K::kWrite));
    case ModelKind::kListAppend:
      return Only(seen, {K::kRead, K::kAppend, K::kTransaction}) && seen.Has(K::kAppend) && reads_lists_only;
    case ModelKind::kMutex:
      return Only(seen, {K::kAcquire, K::kRelease}) && !seen.token;
    case ModelKind::kLease:
      return Only(seen, {K::kAcquire, K::kRelease, K::kRenew}) && seen.token;
    case ModelKind::kSet:
      return Only(seen, {K::kAdd, K::kRead}) && seen.Has(K::kAdd) && reads_lists_only;
    case ModelKind::kQueue:
      return Only(seen, {K::kEnqueue, K::kDequeue});
    case ModelKind::kCounter:
      return Only(seen, {K::kAdd, K::kRead}) && seen.Has(K::kAdd) && !seen.add_other && reads_scalars_only &&
             !seen.read_other;
    case ModelKind::kBank:
      return Only(seen, {K::kTransfer, K::kRead}) && seen.Has(K::kTransfer) && reads_scalars_only == !seen.read_map;
  }
  return false;
}

std::string Text(std::string_view view) { return std::string(view); }

}  // namespace

std::string KindsInWords(const Evidence& evidence) {
  std::string words;
  for (uint32_t kind = 0; kind <= static_cast<uint32_t>(kLastKind); ++kind) {
    if (!evidence.Has(static_cast<K>(kind))) continue;
    absl::StrAppend(&words, words.empty() ? "" : ", ", Text(linearizability::Name(static_cast<K>(kind))));
  }
  return words;
}

absl::StatusOr<ModelKind> InferModel(const Evidence& evidence) {
  if (evidence.kinds == 0) return ModelKind::kRegister;  // nothing happened: every model agrees
  if (Fits(evidence, ModelKind::kRegister)) return ModelKind::kRegister;
  std::vector<ModelKind> fitting;
  for (ModelKind model : {ModelKind::kKeyValue, ModelKind::kListAppend, ModelKind::kMutex, ModelKind::kLease,
                          ModelKind::kSet, ModelKind::kQueue, ModelKind::kCounter, ModelKind::kBank}) {
    if (Fits(evidence, model)) fitting.push_back(model);
  }
  if (fitting.size() == 1) return fitting.front();
  const std::string seen = absl::StrCat("these operations (", KindsInWords(evidence), ")");
  if (fitting.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(seen, " and their answers fit none of the models; say which is meant with --model"));
  }
  std::string names;
  for (ModelKind model : fitting) {
    absl::StrAppend(&names, names.empty() ? "" : " or ", Text(linearizability::Name(model)));
  }
  return absl::InvalidArgumentError(absl::StrCat(seen, " fit several models; say --model=", names));
}

}  // namespace lockstep::linearizability::format

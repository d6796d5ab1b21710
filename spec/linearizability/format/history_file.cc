#include "spec/linearizability/format/history_file.h"

namespace lockstep::linearizability::format {

std::string_view Name(Format format) {
  switch (format) {
    case Format::kEdn:
      return "edn";
    case Format::kJson:
      return "json";
    case Format::kNdjson:
      return "ndjson";
    case Format::kJepsenLog:
      return "jepsen-log";
    case Format::kProtobuf:
      return "protobuf";
  }
  return "?";
}

std::optional<Format> FormatOf(std::string_view name) {
  for (Format format : {Format::kEdn, Format::kJson, Format::kNdjson, Format::kJepsenLog, Format::kProtobuf}) {
    if (Name(format) == name) return format;
  }
  return std::nullopt;
}

std::optional<ModelKind> ModelOf(std::string_view name) {
  for (ModelKind model :
       {ModelKind::kRegister, ModelKind::kKeyValue, ModelKind::kListAppend, ModelKind::kMutex, ModelKind::kLease,
        ModelKind::kSet, ModelKind::kQueue, ModelKind::kCounter, ModelKind::kBank}) {
    if (linearizability::Name(model) == name) return model;
  }
  return std::nullopt;
}

Semantics DefaultSemantics(Format format) {
  Semantics semantics;
  // Jepsen's EDN and JSON follow Knossos, where a read of nil is legal in every state and a failure says nothing.
  if (format == Format::kEdn || format == Format::kJson) {
    semantics.nil_read = Semantics::NilRead::kNoAnswer;
    semantics.failed_cas = Semantics::FailedCompareAndSet::kDropped;
  } else {
    semantics.nil_read = Semantics::NilRead::kValue;
    semantics.failed_cas = Semantics::FailedCompareAndSet::kFact;
  }
  return semantics;
}

}  // namespace lockstep::linearizability::format

#include "spec/linearizability/format/event_order.h"

#include <cstdint>

namespace lockstep::linearizability::format {

std::vector<OrderedEvent> EventsInOrder(const History& history) {
  using Type = Event::Type;
  constexpr uint64_t kEmpty = UINT64_MAX;
  std::vector<uint64_t> slots(history.event_count(), kEmpty);  // operation and type of the event at each position
  for (OperationId id = 0; id < history.size(); ++id) {
    const auto slot = [&](Type type) { return uint64_t{id} << 8 | static_cast<uint8_t>(type); };
    const Operation& op = history.operation(id);
    slots[op.invoke] = slot(Type::kInvoke);
    if (op.complete != kNever) slots[op.complete] = slot(op.outcome == Outcome::kFail ? Type::kFail : Type::kOk);
    if (const Position told = history.told_unknown(id); told != kNever) slots[told] = slot(Type::kInfo);
  }
  std::vector<OrderedEvent> events;
  events.reserve(slots.size());
  for (Position at = 0; at < slots.size(); ++at) {
    if (slots[at] == kEmpty) continue;
    events.push_back({static_cast<OperationId>(slots[at] >> 8), at, static_cast<Type>(slots[at] & 0xFF)});
  }
  return events;
}

std::string_view FunctionOf(OperationKind kind) {
  if (kind == OperationKind::kCompareAndSet) return "cas";
  if (kind == OperationKind::kTransaction) return "txn";
  return Name(kind);
}

bool NamesKey(const History& history, const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::kTransaction:
    case OperationKind::kRange:
    case OperationKind::kDeleteRange:
      return false;
    default:
      return history.key_count() > 1 || !history.key_name(operation.key).empty();
  }
}

Payload PayloadOf(const Operation& operation, Event::Type type) {
  const bool answered = type == Event::Type::kOk && operation.result != kUnknownValue;
  switch (operation.kind) {
    case OperationKind::kTransaction:
      return Payload::kTransaction;
    case OperationKind::kRead:
      if (type != Event::Type::kOk) return Payload::kNil;
      return answered ? Payload::kResult : Payload::kNone;
    case OperationKind::kAcquire:
    case OperationKind::kDequeue:
      return answered ? Payload::kResult : Payload::kNone;
    case OperationKind::kRange:
      if (type != Event::Type::kOk) return Payload::kArgument;
      return answered ? Payload::kResult : Payload::kNone;
    case OperationKind::kDelete:
      return Payload::kNone;
    case OperationKind::kRelease:
      return operation.argument == kNil ? Payload::kNone : Payload::kArgument;
    default:
      return Payload::kArgument;
  }
}

}  // namespace lockstep::linearizability::format

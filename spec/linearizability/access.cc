#include "spec/linearizability/access.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "spec/linearizability/model.h"

namespace lockstep::linearizability {
namespace {

// What a mutex holds while it is held; free is nil. Never meets another value.
constexpr Value kHeld{UINT32_MAX};

// A value that nobody observes. Never meets another value.
constexpr Value kUnread{UINT32_MAX - 1};

}  // namespace

bool RegisterLike(ModelKind model, OperationKind kind) {
  switch (model) {
    case ModelKind::kRegister:
    case ModelKind::kKeyValue:
      return kind == OperationKind::kRead || kind == OperationKind::kWrite || kind == OperationKind::kCompareAndSet ||
             kind == OperationKind::kDelete;
    case ModelKind::kMutex:
      return kind == OperationKind::kAcquire || kind == OperationKind::kRelease;
    default:
      return false;
  }
}

Value InitialOf(const Semantics& semantics, Key key) {
  if (semantics.model == ModelKind::kMutex) return kNil;
  for (const auto& [named, value] : semantics.initial_by_key) {
    if (named == key) return value;
  }
  return semantics.initial;
}

std::optional<Access> AccessOf(const Semantics& semantics, const Operation& operation, OperationId id) {
  const Relevance relevance = RelevanceOf(semantics, operation);
  if (relevance == Relevance::kIgnored) return std::nullopt;
  Access access;
  access.id = id;
  access.invoke = operation.invoke;
  access.complete = operation.complete;
  access.optional = relevance == Relevance::kOptional;
  switch (operation.kind) {
    case OperationKind::kRead:
      access.guard = Access::Guard::kEqual;
      access.expect = operation.result;
      return access;
    case OperationKind::kCompareAndSet:
      access.expect = operation.expected;
      access.guard = IsRefusal(operation) ? Access::Guard::kNotEqual : Access::Guard::kEqual;
      if (access.guard == Access::Guard::kNotEqual) return access;
      // Setting what was expected changes nothing: it is a read.
      access.writes = operation.expected != operation.argument;
      if (access.writes) access.set = operation.argument;
      if (!access.writes && access.optional) return std::nullopt;
      return access;
    case OperationKind::kAcquire:
    case OperationKind::kRelease: {
      const bool acquire = operation.kind == OperationKind::kAcquire;
      access.guard = Access::Guard::kEqual;
      access.writes = true;
      access.expect = acquire ? kNil : kHeld;
      access.set = acquire ? kHeld : kNil;
      return access;
    }
    default:
      access.writes = true;
      access.set = operation.kind == OperationKind::kDelete ? kNil : operation.argument;
      return access;
  }
}

std::vector<Access> AccessesOf(const History& history, const Semantics& semantics, std::span<const OperationId> ids) {
  std::vector<Access> accesses;
  accesses.reserve(ids.size());
  for (OperationId id : ids) {
    if (const auto access = AccessOf(semantics, history.operation(id), id)) accesses.push_back(*access);
  }
  return accesses;
}

void DropUnread(std::vector<Access>* accesses) {
  const auto is_optional = [](const Access& access) { return access.optional; };
  if (std::none_of(accesses->begin(), accesses->end(), is_optional)) return;
  // The last moment at which somebody may observe a value. An optional
  // compare-and-set that is kept may do so for ever.
  absl::flat_hash_map<Value, Position> observed_until;
  absl::flat_hash_map<Value, std::vector<const Access*>> optional_writers;
  std::vector<Value> work;
  for (const Access& access : *accesses) {
    if (access.optional) optional_writers[access.set].push_back(&access);
  }
  bool refusals = false;
  for (const Access& access : *accesses) {
    if (access.optional || !access.Observes()) continue;
    refusals = refusals || access.guard == Access::Guard::kNotEqual;
    Position& until = observed_until[access.expect];
    until = std::max(until, access.complete);
  }
  for (const auto& [value, until] : observed_until) work.push_back(value);
  while (!work.empty()) {
    const Value value = work.back();
    work.pop_back();
    const auto writers = optional_writers.find(value);
    if (writers == optional_writers.end()) continue;
    for (const Access* writer : writers->second) {
      if (!writer->CompareAndSet() || writer->invoke > observed_until[value]) continue;
      Position& until = observed_until[writer->expect];
      if (until == kNever) continue;
      until = kNever;
      work.push_back(writer->expect);
    }
  }
  const auto unread = [&](const Access& access) {
    if (!access.optional) return false;
    const auto it = observed_until.find(access.set);
    return it == observed_until.end() || it->second < access.invoke;
  };
  if (!refusals) {
    std::erase_if(*accesses, unread);
    return;
  }
  for (Access& access : *accesses) {
    if (unread(access)) access.set = kUnread;
  }
}

}  // namespace lockstep::linearizability

#include "sim/store.h"

#include "core/check.h"

namespace lockstep::sim {

bool Store::Apply(Index index, const Command* command) {
  LOCKSTEP_CHECK(index == applied_ + 1);
  applied_ = index;
  if (command == nullptr) return false;
  Session& session = sessions_[command->client];
  if (command->sequence <= session.sequence) return false;
  session.sequence = command->sequence;
  uint64_t& value = values_[command->key];
  const bool takes_place = command->kind == OperationKind::kWrite || value == command->expected;
  if (takes_place) value = command->argument;
  session.result = takes_place ? 1 : 0;
  return true;
}

std::optional<uint64_t> Store::Result(uint32_t client, uint64_t sequence) const {
  const Session& session = sessions_[client];
  if (session.sequence != sequence) return std::nullopt;
  return session.result;
}

uint64_t Store::Hash() const {
  uint64_t hash = applied_ * 0x9e3779b97f4a7c15u;
  const auto add = [&hash](uint64_t word) {
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  };
  for (uint64_t value : values_) add(value);
  for (const Session& session : sessions_) {
    add(session.sequence);
    add(session.result);
  }
  return hash;
}

}  // namespace lockstep::sim

// Arbitrary values of core for RapidCheck: every kind of message, input and effect, with numbers of every size.
//
// They need not make sense to the protocol; what carries values must carry these.
#ifndef LOCKSTEP_TRACES_CORE_GENERATORS_H_
#define LOCKSTEP_TRACES_CORE_GENERATORS_H_

#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "core/options.h"

namespace lockstep::traces {

// Draws parts of values from RapidCheck's source; used within rc::gen::exec.
class Draw {
 public:
  template <typename T>
  T Number() {
    return *rc::gen::weightedOneOf<T>({{3, rc::gen::inRange<T>(0, 20)}, {1, rc::gen::arbitrary<T>()}});
  }
  bool Bool() { return *rc::gen::arbitrary<bool>(); }
  template <typename E>
  E Enum(int count) {
    return static_cast<E>(*rc::gen::inRange(0, count));
  }
  int Below(int bound) { return *rc::gen::inRange(0, bound); }

  NodeId Node() { return {Number<uint32_t>(), Bool() ? Number<uint32_t>() : 0}; }
  LogPosition Position() { return {Number<uint64_t>(), Number<uint64_t>()}; }
  NodeSet Set() {
    NodeSet set;
    for (int i = Below(4); i > 0; --i) set.insert(Node());
    return set;
  }
  lockstep::Configuration Configuration() { return {Set(), Set(), Set(), Set(), Bool()}; }
  ConfigurationEntry ConfigurationAt() { return {Number<uint64_t>(), Configuration()}; }
  EntryMeta Entry() { return {Number<uint64_t>(), Number<uint32_t>(), Enum<EntryKind>(3)}; }
  std::vector<EntryMeta> Entries() {
    std::vector<EntryMeta> entries(Below(5));
    for (EntryMeta& entry : entries) entry = Entry();
    return entries;
  }
  std::vector<ConfigurationEntry> Configurations() {
    std::vector<ConfigurationEntry> entries(Below(3));
    for (ConfigurationEntry& entry : entries) entry = ConfigurationAt();
    return entries;
  }

  MessageBody Body() {
    switch (Below(std::variant_size_v<MessageBody>)) {
      case 0:
        return RequestVote{Number<uint64_t>(), Position(), Bool(), Bool()};
      case 1:
        return RequestVoteReply{Number<uint64_t>(), Bool(), Bool()};
      case 2:
        return AppendEntries{Position(), Number<uint64_t>(), Entries(), Configurations()};
      case 3:
        return AppendEntriesReply{Bool(), Number<uint64_t>(), Number<uint64_t>(), Position()};
      case 4:
        return Heartbeat{Number<uint64_t>(), Number<uint64_t>()};
      case 5:
        return HeartbeatReply{Number<uint64_t>()};
      case 6:
        return InstallSnapshot{Position(), ConfigurationAt(), Number<uint64_t>(), Number<uint32_t>(),
                               Number<uint64_t>()};
      case 7:
        return InstallSnapshotReply{Position(), Number<uint64_t>(), Bool()};
      case 8:
        return TimeoutNow{};
      case 9:
        return ReadRequest{Number<uint64_t>(), Number<uint64_t>()};
      default:
        return ReadReply{Number<uint64_t>(), Number<uint64_t>(), Bool(), Number<uint64_t>()};
    }
  }
  Message AnyMessage() { return {Node(), Node(), Number<uint64_t>(), Body()}; }

  input::Propose Proposals() {
    input::Propose propose;
    for (int i = Below(4); i > 0; --i) propose.proposals.push_back({Number<uint64_t>(), Number<uint32_t>()});
    return propose;
  }
  input::ProposeConfiguration Change() {
    input::ProposeConfiguration propose{Number<uint64_t>(), {{}, Enum<Transition>(3)}};
    for (int i = Below(4); i > 0; --i) propose.change.members.push_back({Enum<ChangeKind>(3), Node()});
    return propose;
  }

  Event AnyEvent() {
    switch (Below(std::variant_size_v<Event>)) {
      case 0:
        return input::ElectionTimeout{};
      case 1:
        return input::HeartbeatTimeout{};
      case 2:
        return input::QuorumCheckTimeout{};
      case 3:
        return input::Receive{AnyMessage()};
      case 4:
        return input::WriteDone{Number<uint64_t>()};
      case 5:
        return input::WriteFailed{Number<uint64_t>()};
      case 6:
        return Proposals();
      case 7:
        return Change();
      case 8:
        return input::Read{Number<uint64_t>(), Enum<input::ReadMode>(2)};
      case 9:
        return input::TransferLeadership{Number<uint64_t>(), Node()};
      case 10:
        return input::Cancel{Number<uint64_t>()};
      case 11:
        return input::Applied{Number<uint64_t>()};
      case 12:
        return input::SnapshotTaken{Number<uint64_t>(), Number<uint64_t>(), Bool()};
      case 13:
        return input::SnapshotChunkStored{Number<uint64_t>(), Bool()};
      case 14:
        return input::SnapshotInstalled{Position(), Bool()};
      case 15:
        return input::EntriesLoaded{Node(), Number<uint64_t>(), Number<uint64_t>(), Bool()};
      default:
        return input::PeerUnreachable{Node()};
    }
  }

  Effect AnyEffect() {
    switch (Below(std::variant_size_v<Effect>)) {
      case 0:
        return effect::SaveVote{Number<uint64_t>(), Number<uint64_t>(), Node()};
      case 1:
        return effect::AppendLog{Number<uint64_t>(), Number<uint64_t>(), Entries(), Configurations()};
      case 2:
        return effect::TruncateLog{Number<uint64_t>(), Number<uint64_t>()};
      case 3:
        return effect::Send{AnyMessage(), Number<uint64_t>()};
      case 4:
        return effect::LoadEntries{Node(), Number<uint64_t>(), Number<uint64_t>()};
      case 5:
        return effect::Apply{Number<uint64_t>(), Number<uint64_t>()};
      case 6:
        return effect::SetTimer{Enum<effect::Timer>(3)};
      case 7:
        return effect::TakeSnapshot{Position(), ConfigurationAt()};
      case 8:
        return effect::CompactLog{Position()};
      case 9:
        return effect::StoreSnapshotChunk{
            Number<uint64_t>(), Node(), Position(), Number<uint64_t>(), Number<uint32_t>(), Number<uint64_t>()};
      case 10:
        return effect::InstallSnapshot{Position(), ConfigurationAt()};
      case 11:
        return effect::Outcome{Number<uint64_t>(), Enum<effect::OutcomeKind>(3), Enum<effect::Reason>(13), Node(),
                               Number<uint64_t>(), Number<uint64_t>(),           Number<int64_t>()};
      case 12:
        return effect::ConfigurationChanged{ConfigurationAt()};
      case 13:
        return effect::RoleChanged{Enum<Role>(4), Number<uint64_t>(), Node()};
      default:
        return effect::Halt{Enum<effect::HaltReason>(3), Node(), Position(), Position()};
    }
  }
};

inline rc::Gen<Message> AnyMessage() {
  return rc::gen::exec([] { return Draw().AnyMessage(); });
}
inline rc::Gen<Input> AnyInput() {
  return rc::gen::exec([] {
    Draw draw;
    return Input{draw.AnyEvent(), {draw.Number<int64_t>(), draw.Number<int64_t>()}};
  });
}
inline rc::Gen<Effect> AnyEffect() {
  return rc::gen::exec([] { return Draw().AnyEffect(); });
}

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_CORE_GENERATORS_H_

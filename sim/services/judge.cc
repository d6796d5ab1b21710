#include "sim/services/judge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::sim {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using kvsm::CommandKind;
using kvsm::Error;

void Judge::Fail(const char* property, std::string evidence, NodeId node) {
  world_.Fail(property, node, std::move(evidence));
}

void Judge::OnApplied(NodeId node, const runtime::Command& command, std::string_view reply) {
  const size_t before = ledger_.size();
  std::string problem = ledger_.Apply(command.index, command.term, command.bytes, reply, world_.now);
  if (!problem.empty()) return Fail("ModelAgreesProp", std::move(problem), node);
  if (ledger_.size() == before) return;
  const Ledger::Entry& entry = ledger_.at(ledger_.size());
  world_.digest.Add(uint64_t{0xd0} << 56 ^ static_cast<uint64_t>(entry.revision) << 24 ^ entry.index);
  for (const int64_t lease : ledger_.just_expired()) {
    Reached(ServiceGoal::kExpired);
    CheckNotEarly(lease);
  }
  if (!ledger_.just_expired().empty() && ledger_.FirstAt(entry.revision) == ledger_.size()) {
    Reached(ServiceGoal::kExpiredWithKeys);
  }
  const auto own = own_.find(NameOf(entry));
  if (own == own_.end()) return;
  if (own->second == Fate::kUnknown) Reached(ServiceGoal::kUnknownButDone);
  if (own->second == Fate::kRefused)
    Fail("AtMostOnceProp",
         absl::StrCat("index ", entry.index, " has a command whose client was told that it was refused"), node);
  if (own->second == Fate::kDone) {
    Fail("AtMostOnceProp", absl::StrCat("index ", entry.index, " has a command that is in the log already"), node);
  }
  own->second = Fate::kDone;
}

Asked Judge::Ask(uint32_t server, std::string request, bool own) {
  if (own) own_.emplace(request, Fate::kOpen);
  const Term term = ledger_.size() == 0 ? 0 : ledger_.at(ledger_.size()).term;
  return {world_.now, told_, server, shown_[server], std::move(request), term};
}

// ---- Places.

bool Judge::Place(const Asked& asked, int64_t revision, const char* what) {
  if (!ledger_.IsShown(revision)) {
    Fail("LogOrderProp", absl::StrCat(what, " shows revision ", revision, ", which no state ever had"));
    return false;
  }
  if (ledger_.LastAt(revision) < asked.told) {
    Fail("LogOrderProp",
         absl::StrCat(what, " shows revision ", revision, ", which ended at position ", ledger_.LastAt(revision),
                      "; when it was asked, an answer from position ", asked.told, " had been given"));
    return false;
  }
  told_ = std::max({told_, asked.told, ledger_.FirstAt(revision)});
  return true;
}

Ledger::Entry* Judge::Claim(const Asked& asked, CommandKind kind, const std::function<bool(const Ledger::Entry&)>& is) {
  for (size_t position = asked.told + 1; position <= ledger_.size(); ++position) {
    Ledger::Entry& entry = ledger_.at(position);
    if (entry.kind != kind || entry.claimed || !is(entry)) continue;
    entry.claimed = true;
    told_ = std::max(told_, position);
    return &entry;
  }
  return nullptr;
}

void Judge::Show(uint32_t server, int64_t revision) { shown_[server] = std::max(shown_[server], revision); }

// ---- Writes.

void Judge::WriteFailed(const Asked& asked, CommandKind kind, Error error) {
  const Ledger::Entry* const entry = Claim(asked, kind, [&](const Ledger::Entry& candidate) {
    return candidate.error == error && candidate.body == asked.request;
  });
  if (entry != nullptr) return;
  Fail("LogOrderProp",
       absl::StrCat("a write was answered '", std::string(kvsm::InfoOf(error).text),
                    "', and no such command with that reply lies in the log behind position ", asked.told));
}

void Judge::NoRoom(const Asked& asked, CommandKind kind) {
  const Ledger::Entry* const entry = Claim(asked, kind, [&](const Ledger::Entry& candidate) {
    return candidate.error == Error::kNoSpace && candidate.body == asked.request;
  });
  if (entry != nullptr) return Reached(ServiceGoal::kNoSpaceByLog);
  Reached(ServiceGoal::kNoSpace);
  // No state holds more than what was ever put, and a request has a few puts at most.
  constexpr int64_t kOverheadMax = 8 * 64;
  const int64_t most = ledger_.bytes_put() + static_cast<int64_t>(asked.request.size()) + kOverheadMax;
  if (quota_bytes_ == 0 || most <= quota_bytes_) {
    Fail("LimitProp", absl::StrCat("a write was refused for want of space; with it all that was ever put is at most ",
                                   most, " bytes, the quota is ", quota_bytes_));
  }
  Refused(asked);
}

void Judge::TooLarge(const Asked& asked, uint64_t bytes_max) {
  Reached(ServiceGoal::kTooLarge);
  if (bytes_max == 0 || asked.request.size() <= bytes_max) {
    Fail("LimitProp", absl::StrCat("a request of ", asked.request.size(),
                                   " bytes was refused as too large, the limit is ", bytes_max));
  }
  Refused(asked);
}

void Judge::Refused(const Asked& asked) {
  Reached(ServiceGoal::kRefused);
  Fate& fate = own_[asked.request];
  if (fate == Fate::kDone) return Fail("AtMostOnceProp", "a command that is in the log was told to be refused");
  fate = Fate::kRefused;
}

void Judge::Unknown(const Asked& asked) {
  Reached(ServiceGoal::kUnknownOutcome);
  Fate& fate = own_[asked.request];
  if (fate == Fate::kDone) {
    Reached(ServiceGoal::kUnknownButDone);
  } else {
    fate = Fate::kUnknown;
  }
}

// ---- Reads.

void Judge::Read(const Asked& asked, const RangeRequest& request, RangeResponse response) {
  const int64_t revision = response.header().revision();
  response.clear_header();
  if (request.serializable()) {
    Reached(ServiceGoal::kSerializable);
    if (!ledger_.IsShown(revision)) {
      return Fail("SerializableProp", absl::StrCat("a read shows revision ", revision, ", which no state ever had"));
    }
    if (revision < ledger_.revision()) Reached(ServiceGoal::kSerializableBehind);
  } else if (!Place(asked, revision, "a read")) {
    return;
  }
  if (revision < asked.shown) {
    return Fail("SerializableProp", absl::StrCat("a read at server ", asked.server, " shows revision ", revision,
                                                 ", one that ended before it was asked showed ", asked.shown));
  }
  Show(asked.server, revision);
  const size_t position = std::max(request.serializable() ? 0 : asked.told, ledger_.FirstAt(revision));
  if (request.revision() > 0 && request.revision() < ledger_.CompactRevisionAt(position)) {
    return Fail("LogOrderProp", absl::StrCat("a read gave revision ", request.revision(), ", compacted at ",
                                             ledger_.CompactRevisionAt(position)));
  }
  RangeResponse expected;
  const Error error = ledger_.RangeAt(revision, request, expected);
  if (error == Error::kNone && expected.SerializeAsString() == response.SerializeAsString()) return;
  Fail(request.serializable() ? "SerializableProp" : "LogOrderProp",
       absl::StrCat("a read at revision ", revision, " of ", request.ShortDebugString(), " gave {",
                    response.ShortDebugString(), "}, by the log it is {", expected.ShortDebugString(), "}"));
}

void Judge::ReadByTxn(const Asked& asked, const TxnRequest& request, TxnResponse response, bool serializable) {
  Reached(ServiceGoal::kReadTxn);
  const int64_t revision = response.header().revision();
  if (request.success_size() != response.responses_size() || !response.succeeded()) {
    return Fail("LogOrderProp", "a transaction without conditions did not take its only way");
  }
  for (int i = 0; i < request.success_size(); ++i) {
    RangeResponse part = response.responses(i).response_range();
    if (part.header().revision() != revision) {
      return Fail("LogOrderProp", "parts of one transaction show different revisions");
    }
    RangeRequest range = request.success(i).request_range();
    range.set_serializable(serializable);
    Read(asked, range, std::move(part));
  }
}

void Judge::ReadFailed(const Asked& asked, const RangeRequest& request, Error error) {
  if (error == Error::kCompacted) {
    Reached(ServiceGoal::kReadCompacted);
    if (request.revision() < ledger_.compact_revision()) return;
  }
  if (error == Error::kFutureRev) {
    // The state may be any that was not shown to be passed.
    const int64_t least = request.serializable() ? asked.shown : asked.told == 0 ? 1 : ledger_.at(asked.told).revision;
    if (request.revision() > least) return;
  }
  Fail("LogOrderProp",
       absl::StrCat("a read of revision ", request.revision(), " was answered '", std::string(kvsm::InfoOf(error).text),
                    "'; compacted is ", ledger_.compact_revision(), ", reached ", ledger_.revision()));
}

}  // namespace lockstep::sim

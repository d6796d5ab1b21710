// What watches tell.
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/services/judge.h"

namespace lockstep::sim {

bool Judge::Wants(const Watched& watch, const Ledger::Change& change) const {
  if (change.version == 0 ? !watch.deletions : !watch.puts) return false;
  if (watch.range_end.empty()) return change.key == watch.key;
  return change.key >= watch.key && (watch.range_end == std::string(1, '\0') || change.key < watch.range_end);
}

std::optional<size_t> Judge::NextFor(const Watched& watch, size_t from) const {
  for (size_t i = from; i < ledger_.changes().size(); ++i) {
    if (Wants(watch, ledger_.changes()[i])) return i;
  }
  return std::nullopt;
}

bool Judge::IsEvent(const Watched& watch, const Ledger::Change& change, const mvccpb::Event& event) const {
  const mvccpb::KeyValue& kv = event.kv();
  const bool deletion = change.version == 0;
  if ((event.type() == mvccpb::Event::DELETE) != deletion || kv.key() != change.key) return false;
  if (kv.mod_revision() != change.mod || kv.value() != change.value || kv.version() != change.version) return false;
  if (kv.lease() != change.lease || kv.create_revision() != change.create) return false;
  if (!watch.prev_kv) return !event.has_prev_kv();
  const auto before = ledger_.StateAt(change.mod - 1);
  const auto at = before.find(change.key);
  if (at == before.end()) return !event.has_prev_kv();
  // What is compacted is not told any more.
  if (!event.has_prev_kv()) return change.mod - 1 < ledger_.compact_revision();
  return event.prev_kv().mod_revision() == at->second.mod && event.prev_kv().value() == at->second.value;
}

void Judge::WatchBegun(Watched& watch, int64_t revision) const {
  if (watch.next == 0) watch.next = revision + 1;
}

void Judge::WatchTold(Watched& watch, const etcdserverpb::WatchResponse& response) {
  for (const mvccpb::Event& event : response.events()) watch.parts.push_back(event);
  if (response.fragment()) {
    Reached(ServiceGoal::kWatchFragments);
    if (!watch.fragments) Fail("WatchAtomicProp", absl::StrCat("the watch of ", watch.key, " wants no fragments"));
    return;
  }
  Reached(ServiceGoal::kWatchTold);
  const char* const missing = std::exchange(watch.resumed, false) ? "WatchResumableProp" : "WatchReliableProp";
  const std::string whose = absl::StrCat("the watch of ", watch.key, watch.range_end.empty() ? "" : " to ",
                                         watch.range_end, ", told of all before ", watch.next);
  const std::vector<mvccpb::Event> events = std::exchange(watch.parts, {});
  size_t from = ledger_.ChangesFrom(watch.next);
  int64_t last = 0;
  for (const mvccpb::Event& event : events) {
    const int64_t mod = event.kv().mod_revision();
    const std::string what = absl::StrCat(whose, ", hears of ", event.ShortDebugString());
    if (mod < last) return Fail("WatchOrderedProp", absl::StrCat(what, " after ", last));
    if (mod < watch.next) return Fail("WatchUniqueProp", what);
    last = mod;
  }
  for (const mvccpb::Event& event : events) {
    const int64_t mod = event.kv().mod_revision();
    const std::string what = absl::StrCat(whose, ", hears of ", event.ShortDebugString());
    const std::optional<size_t> next = NextFor(watch, from);
    if (!next.has_value()) return Fail("WatchUniqueProp", absl::StrCat(what, ", and nothing more has happened"));
    const Ledger::Change& change = ledger_.changes()[*next];
    if (!IsEvent(watch, change, event)) {
      return Fail(change.mod < mod ? missing : "WatchReliableProp",
                  absl::StrCat(what, ", and not of the change of ", change.key, " at ", change.mod));
    }
    from = *next + 1;
  }
  const std::optional<size_t> next = NextFor(watch, from);
  if (next.has_value() && ledger_.changes()[*next].mod == last) {
    return Fail("WatchAtomicProp", absl::StrCat(whose, ", hears of a part of revision ", last, " only"));
  }
  if (last != 0) watch.next = last + 1;
}

void Judge::WatchProgress(Watched& watch, int64_t revision) {
  if (!watch.parts.empty()) {
    return Fail("WatchAtomicProp", absl::StrCat("the watch of ", watch.key, " hears of progress between fragments"));
  }
  if (watch.next == 0 || revision < watch.next) return;
  const std::optional<size_t> next = NextFor(watch, ledger_.ChangesFrom(watch.next));
  if (next.has_value() && ledger_.changes()[*next].mod <= revision) {
    return Fail("WatchProgressProp", absl::StrCat("the watch of ", watch.key, " was told that it knows all up to ",
                                                  revision, ", and never heard of ", ledger_.changes()[*next].mod));
  }
  watch.next = revision + 1;
}

void Judge::WatchCompacted(Watched& watch, int64_t compact_revision) {
  Reached(ServiceGoal::kWatchCompacted);
  if (watch.next >= compact_revision || compact_revision > ledger_.compact_revision()) {
    Fail("WatchReliableProp", absl::StrCat("the watch of ", watch.key, " that comes to ", watch.next,
                                           " was ended since ", compact_revision, " is compacted"));
  }
  watch.next = compact_revision;
  watch.parts.clear();
}

bool Judge::IsUpToDate(const Watched& watch) const {
  return watch.next != 0 && !NextFor(watch, ledger_.ChangesFrom(watch.next)).has_value();
}

}  // namespace lockstep::sim

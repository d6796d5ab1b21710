#include "runtime/service/watch_hub.h"

#include <algorithm>
#include <memory>

#include "core/check.h"
#include "kvsm/range_request.h"

namespace lockstep::runtime {

using kvsm::Revision;
using kvsm::VersionView;

WatchHub::WatchHub(Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options)
    : machine_(machine), options_(options), wake_(scheduler) {
  told_ = machine_.state()->revision();
  restores_ = machine_.restores();
}

WatchHub::~WatchHub() {
  for (const auto& [key, group] : by_key_) {
    for (Watch* const watch : group) delete watch;
  }
  for (const auto& [range, group] : by_range_) {
    for (Watch* const watch : group) delete watch;
  }
}

Watch* WatchHub::Begin(WatchWish wish, WatchSink& sink) {
  auto* const watch = new Watch(++last_number_, std::move(wish), sink);
  const WatchWish& asked = watch->wish_;
  if (asked.range_end.empty()) {
    by_key_[asked.key].insert(watch);
  } else {
    by_range_[{asked.key, asked.range_end}].insert(watch);
  }
  ++size_;
  // Of what is applied and not yet told it hears with the others, unless it wants to hear of earlier changes.
  watch->next_ = asked.first > 0 ? asked.first : machine_.state()->revision() + 1;
  if (watch->next_ <= told_) FallBehind(*watch, watch->next_);
  return watch;
}

void WatchHub::End(Watch* watch) {
  const WatchWish& wish = watch->wish_;
  if (wish.range_end.empty()) {
    const auto at = by_key_.find(wish.key);
    at->second.erase(watch);
    if (at->second.empty()) by_key_.erase(at);
  } else {
    const auto at = by_range_.find({wish.key, wish.range_end});
    at->second.erase(watch);
    if (at->second.empty()) by_range_.erase(at);
  }
  behind_.erase(watch);
  --size_;
  delete watch;
}

void WatchHub::WakeUp() {
  if (!wake_.is_set()) wake_.Set(0, [this] { Run(); });
}

void WatchHub::Run() {
  TakeRestore();
  TellNews();
  EndCompacted();
  TellPast();
}

// Another state has come into the place of the one that was: everybody reads on from where it was.
void WatchHub::TakeRestore() {
  const kvsm::Machine& keys = *machine_.state();
  if (machine_.restores() == restores_) return;
  restores_ = machine_.restores();
  const auto fall_behind = [this](const Group& group) {
    for (Watch* const watch : group) {
      if (!watch->behind_) FallBehind(*watch, std::max(watch->next_, told_ + 1));
    }
  };
  for (const auto& [key, group] : by_key_) fall_behind(group);
  for (const auto& [range, group] : by_range_) fall_behind(group);
  told_ = std::max(told_, keys.revision());
}

void WatchHub::FallBehind(Watch& watch, Revision next) {
  watch.next_ = next;
  watch.behind_ = true;
  behind_.insert(&watch);
  WakeUp();
}

// ---- Matching.

EncodedEvent WatchHub::Encode(const VersionView& change, bool prev_kv) const {
  mvccpb::Event event;
  if (change.is_deletion()) {
    event.set_type(mvccpb::Event::DELETE);
    event.mutable_kv()->set_key(change.key.data(), change.key.size());
    event.mutable_kv()->set_mod_revision(change.mod_revision);
  } else {
    kvsm::ToKeyValue(change, *event.mutable_kv());
  }
  const kvsm::Machine& keys = *machine_.state();
  VersionView before;
  const Revision at = change.mod_revision - 1;
  if (prev_kv && at >= keys.compact_revision() && keys.Find(change.key, at, before)) {
    kvsm::ToKeyValue(before, *event.mutable_prev_kv());
  }
  return std::make_shared<const std::string>(event.SerializeAsString());
}

void WatchHub::AddEvent(Watch& watch, const VersionView& change, EncodedEvent (&encoded)[2]) {
  const WatchWish& wish = watch.wish_;
  if (change.is_deletion() ? !wish.deletions : !wish.puts) return;
  EncodedEvent& event = encoded[wish.prev_kv ? 1 : 0];
  if (event == nullptr) event = Encode(change, wish.prev_kv);
  if (watch.events_.empty()) touched_.push_back(&watch);
  watch.events_.push_back(event);
}

template <typename Wants>
void WatchHub::Match(const VersionView& change, const Wants& wants) {
  EncodedEvent encoded[2];
  const auto tell = [&](const Group& group) {
    for (Watch* const watch : group) {
      if (wants(*watch)) AddEvent(*watch, change, encoded);
    }
  };
  const auto at = by_key_.find(change.key);
  if (at != by_key_.end()) tell(at->second);
  for (const auto& [range, group] : by_range_) {
    if (change.key < range.first) break;
    if (kvsm::KeyRange::Of(range.first, range.second).Contains(change.key)) tell(group);
  }
}

void WatchHub::HandOut(Revision revision) {
  for (Watch* const watch : std::exchange(touched_, {})) {
    watch->sink_.OnEvents(*watch, std::exchange(watch->events_, {}), revision);
  }
}

// ---- Telling.

void WatchHub::TellNews() {
  const kvsm::Machine& keys = *machine_.state();
  const Revision now = keys.revision();
  if (now <= told_) return;
  if (size_ > behind_.size()) {
    keys.ScanChanges({told_ + 1, 0}, now, [this](const VersionView& change) {
      Match(change, [&change](const Watch& watch) { return !watch.behind_ && watch.next_ <= change.mod_revision; });
      return true;
    });
    // Those whose client takes no more read it later, from the first of these changes on.
    std::erase_if(touched_, [this](Watch* watch) {
      if (watch->sink_.Accepts()) return false;
      watch->events_.clear();
      FallBehind(*watch, std::max(watch->next_, told_ + 1));
      return true;
    });
  }
  told_ = now;
  HandOut(now);
}

void WatchHub::EndCompacted() {
  const Revision compacted = machine_.state()->compact_revision();
  std::vector<Watch*> over;
  for (Watch* const watch : behind_) {
    if (watch->next_ < compacted) over.push_back(watch);
  }
  for (Watch* const watch : over) {
    behind_.erase(watch);
    watch->behind_ = false;
    watch->next_ = kvsm::kNewest;
    watch->sink_.OnCompacted(*watch, compacted);
  }
}

void WatchHub::TellPast() {
  std::vector<Watch*> ready;
  Revision first = told_ + 1;
  for (Watch* const watch : behind_) {
    if (!watch->sink_.Accepts()) continue;
    ready.push_back(watch);
    first = std::min(first, watch->next_);
  }
  if (ready.empty()) return;
  ++pass_;
  for (Watch* const watch : ready) watch->pass_ = pass_;
  uint64_t bytes = 0;
  Revision last = first - 1;  // Read up to here, all of it.
  bool whole = true;
  machine_.state()->ScanChanges({first, 0}, told_, [&](const VersionView& change) {
    if (change.mod_revision > last && bytes >= options_.watch_slice_bytes_max) {
      whole = false;
      return false;
    }
    last = change.mod_revision;
    bytes += static_cast<uint64_t>(kvsm::BytesOf(change));
    Match(change, [&](const Watch& watch) { return watch.pass_ == pass_ && watch.next_ <= change.mod_revision; });
    return true;
  });
  if (whole) last = told_;
  for (Watch* const watch : ready) {
    watch->next_ = std::max(watch->next_, last + 1);
    if (watch->next_ <= told_) continue;
    behind_.erase(watch);
    watch->behind_ = false;
  }
  HandOut(told_);
  if (!behind_.empty() && std::any_of(ready.begin(), ready.end(), [](const Watch* watch) { return watch->behind_; })) {
    WakeUp();
  }
}

}  // namespace lockstep::runtime

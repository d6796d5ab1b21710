// WatchHub: who is told of which changes: any number of watches over one state.
//
//     changes  2 3 4 5 6 7 | 8 9        up to date: told of each batch of changes as it is applied
//                  ^       ^            behind: reads the past from where it is, a slice at a time, all that are
//                  a       b, c         behind together, while the others go on
//
// A watch is told of every change of its keys from its first revision on, once, in order, all of a revision together.
// One whose client takes no more falls behind, and goes on where it was once the client does; nobody waits for it. One
// that is so far behind that its past has been compacted is told so, and ends.
#ifndef LOCKSTEP_RUNTIME_SERVICE_WATCH_HUB_H_
#define LOCKSTEP_RUNTIME_SERVICE_WATCH_HUB_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvsm/engine.h"
#include "runtime/clock.h"
#include "runtime/service/kv_machine.h"
#include "runtime/service/options.h"

namespace lockstep::runtime {

// A change as it is sent: an mvccpb.Event, encoded. All watches share it.
using EncodedEvent = std::shared_ptr<const std::string>;

class Watch;

// Where what a watch is told goes. None of it may begin or end watches within the call.
class WatchSink {
 public:
  virtual ~WatchSink() = default;
  // False: not now; the hub is told (Resume) when it may be.
  virtual bool Accepts() const = 0;
  // All that there is next for the watch; the state has been told of up to `revision`.
  virtual void OnEvents(Watch& watch, const std::vector<EncodedEvent>& events, kvsm::Revision revision) = 0;
  // The changes that would come next are compacted: the watch ends.
  virtual void OnCompacted(Watch& watch, kvsm::Revision compact_revision) = 0;
};

struct WatchWish {
  std::string key;
  std::string range_end;     // As a request says it.
  kvsm::Revision first = 0;  // The first revision it wants to hear of; 0: the next one.
  bool puts = true;
  bool deletions = true;
  bool prev_kv = false;
  int64_t id = 0;  // The sink's own.
};

class Watch {
 public:
  const WatchWish& wish() const { return wish_; }
  bool is_behind() const { return behind_; }
  WatchSink& sink() const { return sink_; }

 private:
  friend class WatchHub;
  Watch(uint64_t number, WatchWish wish, WatchSink& sink) : number_(number), wish_(std::move(wish)), sink_(sink) {}

  const uint64_t number_;  // In the order in which they were begun.
  const WatchWish wish_;
  WatchSink& sink_;
  kvsm::Revision next_ = 0;  // It has been told of all before this.
  bool behind_ = false;
  uint64_t pass_ = 0;                 // The last pass through the past that it took part in.
  std::vector<EncodedEvent> events_;  // Of the pass under way.
};

class WatchHub {
 public:
  WatchHub(Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options);
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  // Requires: the sink outlives the watch.
  Watch* Begin(WatchWish wish, WatchSink& sink);
  // Not within a sink's call.
  void End(Watch* watch);
  // The sink accepts again.
  void Resume() { WakeUp(); }
  // The state has changed. May come from within the driver's turn.
  void OnApplied() { WakeUp(); }

  // What is applied is about to be compacted: whoever is up to date hears of it before.
  void OnCompacting() {
    TakeRestore();
    TellNews();
  }

  // All that is up to date has been told up to here.
  kvsm::Revision told() const { return told_; }
  size_t size() const { return size_; }
  size_t behind() const { return behind_.size(); }

 private:
  struct ByNumber {
    bool operator()(const Watch* a, const Watch* b) const { return a->number_ < b->number_; }
  };
  using Group = std::set<Watch*, ByNumber>;

  void WakeUp();
  void Run();
  void TakeRestore();
  void TellNews();
  void TellPast();
  // Collects the events of a change for those of its watches that `wants`.
  template <typename Wants>
  void Match(const kvsm::VersionView& change, const Wants& wants);
  void AddEvent(Watch& watch, const kvsm::VersionView& change, EncodedEvent (&encoded)[2]);
  EncodedEvent Encode(const kvsm::VersionView& change, bool prev_kv) const;
  // Hands out what has been collected, to all up to `revision`.
  void HandOut(kvsm::Revision revision);
  void FallBehind(Watch& watch, kvsm::Revision next);
  void EndCompacted();

  KvMachine& machine_;
  const ServiceOptions& options_;
  std::map<std::string, Group, std::less<>> by_key_;               // Those of one key.
  std::map<std::pair<std::string, std::string>, Group> by_range_;  // Those of ranges.
  Group behind_;
  std::vector<Watch*> touched_;  // With events_, in the pass under way.
  size_t size_ = 0;
  uint64_t last_number_ = 0;
  uint64_t pass_ = 0;
  kvsm::Revision told_ = 0;
  uint64_t restores_ = 0;
  Timer wake_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_WATCH_HUB_H_

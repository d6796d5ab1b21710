#include "spec/linearizability/zones.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace lockstep::linearizability {
namespace {

using Index = uint32_t;  // of an access; the number of accesses stands for the
                         // initial value's imaginary write
constexpr Index kNone = UINT32_MAX;

// Maps a value to the access that wrote it: an array if the handles lie close
// together, else a hash table.
class WriterTable {
 public:
  WriterTable(std::span<const Access> accesses, Value initial) {
    uint32_t low = initial.bits;
    uint32_t high = initial.bits;
    // nil lies far from all other values; it has its own place.
    bool any = initial != kNil;
    auto include = [&](Value value) {
      if (value == kNil) return;
      low = any ? std::min(low, value.bits) : value.bits;
      high = any ? std::max(high, value.bits) : value.bits;
      any = true;
    };
    for (const Access& access : accesses) {
      if (access.writes) include(access.set);
      if (access.Observes()) include(access.expect);
    }
    low_ = low;
    const uint64_t width = uint64_t{high} - low + 1;
    if (width <= 4 * accesses.size() + 1024) {
      dense_.assign(width, kNone);
    } else {
      sparse_.reserve(accesses.size() / 2);
    }
  }
  Index& operator[](Value value) {
    if (value == kNil) return nil_;
    if (!dense_.empty()) return dense_[value.bits - low_];
    return sparse_.try_emplace(value.bits, kNone).first->second;
  }

 private:
  uint32_t low_;
  Index nil_ = kNone;
  std::vector<Index> dense_;
  absl::flat_hash_map<uint32_t, Index> sparse_;
};

// A write and the reads of its value.
struct Cluster {
  Index first_complete = kNone;  // the member that completes first
  Index last_invoke = kNone;     // the member invoked last
  Index next = kNone;            // the compare-and-set that replaced the value
  uint32_t reads = 0;
};

// Time is a position plus one, so that 0 is "before everything", where the
// initial value was written.
struct Zone {
  uint32_t first_complete = 0;
  uint32_t last_invoke = 0;
  Index head = 0;  // the chain's plain write
  bool Forward() const { return first_complete < last_invoke; }
};

class Zones {
 public:
  Zones(std::span<const Access> accesses, Value initial)
      : accesses_(accesses),
        initial_(initial),
        initial_index_(static_cast<Index>(accesses.size())),
        writers_(accesses, initial) {}

  Answer Run(bool want_order) {
    Answer answer;
    if (!FindWriters()) return answer;
    answer.decision = Decision::kNotLinearizable;
    if (FillClusters() && FollowChains() && ZonesFit()) {
      answer.decision = refusals_ ? Decision::kInapplicable : Decision::kLinearizable;
      if (want_order && !refusals_) answer.order = MakeOrder();
      return answer;
    }
    std::sort(conflict_.begin(), conflict_.end());
    conflict_.erase(std::unique(conflict_.begin(), conflict_.end()), conflict_.end());
    for (Index i : conflict_) answer.conflict.push_back({accesses_[i].id});
    return answer;
  }

 private:
  // Marks in writers_: nobody looked yet, somebody observed it but the writer
  // is not yet known, several wrote it.
  static constexpr Index kObserved = kNone - 1;

  // Finds the one writer of each observed value, and which optional accesses
  // must have happened. False if an observed value may have had several
  // writers.
  bool FindWriters() {
    std::vector<Index> optional;
    for (Index i = 0; i < accesses_.size(); ++i) {
      const Access& access = accesses_[i];
      refusals_ = refusals_ || access.guard == Access::Guard::kNotEqual;
      if (access.optional) {
        optional.push_back(i);
      } else if (access.guard == Access::Guard::kEqual) {
        writers_[access.expect] = kObserved;
      }
    }
    IncludeOptional(optional);
    if (Index& writer = writers_[initial_]; writer == kObserved) writer = initial_index_;
    for (Index i = 0; i < accesses_.size(); ++i) {
      const Access& access = accesses_[i];
      if (!access.writes || !Included(i)) continue;
      Index& writer = writers_[access.set];
      if (writer == kNone)
        continue;  // unobserved: its write is alone in its cluster, and may
                   // have namesakes
      if (writer != kObserved) return false;
      writer = i;
    }
    return true;
  }

  // An optional write happened if its value was observed, and then a
  // compare-and-set observed its own expectation.
  void IncludeOptional(const std::vector<Index>& optional) {
    if (optional.empty()) return;
    included_.assign(accesses_.size(), false);
    absl::flat_hash_map<Value, std::vector<Index>> by_value;
    for (Index i : optional) by_value[accesses_[i].set].push_back(i);
    std::vector<Value> work;
    for (Index i : optional) {
      if (writers_[accesses_[i].set] == kObserved) work.push_back(accesses_[i].set);
    }
    while (!work.empty()) {
      const Value value = work.back();
      work.pop_back();
      for (Index i : by_value[value]) {
        if (included_[i]) continue;
        included_[i] = true;
        if (!accesses_[i].CompareAndSet()) continue;
        writers_[accesses_[i].expect] = kObserved;
        work.push_back(accesses_[i].expect);
        if (!by_value.contains(work.back())) work.pop_back();
      }
    }
  }

  bool Included(Index i) const { return !accesses_[i].optional || included_[i]; }

  bool Conflicting(std::initializer_list<Index> members) {
    for (Index i : members) {
      if (i != initial_index_ && i != kNone) conflict_.push_back(i);
    }
    return false;
  }

  // False if a value was observed that nobody wrote, or was replaced twice.
  bool FillClusters() {
    clusters_.assign(accesses_.size() + 1, {});
    for (Index i = 0; i < accesses_.size(); ++i) {
      const Access& access = accesses_[i];
      if (!Included(i)) continue;
      if (access.writes) Join(i, i);
      if (access.guard != Access::Guard::kEqual) continue;
      const Index writer = writers_[access.expect];
      if (writer == kObserved) return Conflicting({i});
      Cluster& cluster = clusters_[writer];
      if (!access.writes) {
        Join(i, writer);
        ++cluster.reads;
      } else if (cluster.next != kNone) {
        return Conflicting({i, cluster.next});
      } else {
        cluster.next = i;
        ++compare_and_sets_;
      }
    }
    return true;
  }

  void Join(Index member, Index writer) {
    Cluster& cluster = clusters_[writer];
    // Accesses come in order of invocation.
    if (cluster.last_invoke == kNone || accesses_[cluster.last_invoke].invoke < accesses_[member].invoke) {
      cluster.last_invoke = member;
    }
    if (cluster.first_complete == kNone || accesses_[member].complete < accesses_[cluster.first_complete].complete) {
      cluster.first_complete = member;
    }
  }

  // Time of completion, of invocation, and 0 for the initial value's write.
  uint32_t Completed(Index i) const {
    if (i == initial_index_ || i == kNone) return 0;
    return accesses_[i].complete == kNever ? kNever : accesses_[i].complete + 1;
  }
  uint32_t Invoked(Index i) const { return i == initial_index_ || i == kNone ? 0 : accesses_[i].invoke + 1; }

  // Walks every chain from its plain write. False if one contradicts real time
  // or has no beginning.
  bool FollowChains() {
    uint32_t visited = 0;
    if (!FollowChain(initial_index_, &visited)) return false;
    for (Index i = 0; i < accesses_.size(); ++i) {
      if (accesses_[i].PlainWrite() && Included(i) && !FollowChain(i, &visited)) return false;
    }
    if (visited == compare_and_sets_) return true;
    return ReportCycle();
  }

  bool FollowChain(Index head, uint32_t* visited) {
    Index latest = head;  // the member invoked last so far
    Index first = head;   // the member completed first
    for (Index c = head; c != kNone; c = clusters_[c].next) {
      const Cluster& cluster = clusters_[c];
      if (c != head) ++*visited;
      if (Invoked(c) > Invoked(latest)) latest = c;
      if (cluster.first_complete != kNone) {
        if (Completed(cluster.first_complete) < Invoked(latest)) {
          return Contradiction(head, latest, cluster.first_complete);
        }
        if (Completed(cluster.first_complete) < Completed(first)) first = cluster.first_complete;
      }
      if (Invoked(cluster.last_invoke) > Invoked(latest)) latest = cluster.last_invoke;
    }
    zones_.push_back({Completed(first), Invoked(latest), head});
    return true;
  }

  // The later member of a chain completed before the earlier one was invoked;
  // what ties them are the compare-and-sets of the chain between the two.
  bool Contradiction(Index head, Index earlier, Index later) {
    Tie(head, earlier, later);
    return false;
  }

  Index ClusterOf(Index member) {
    return member == initial_index_ || accesses_[member].writes ? member : writers_[accesses_[member].expect];
  }

  // Adds two members of one chain, and the compare-and-sets that lead from
  // one's cluster to the other's.
  void Tie(Index head, Index a, Index b) {
    Conflicting({a, b});
    const Index cluster_a = ClusterOf(a);
    const Index cluster_b = ClusterOf(b);
    bool between = false;
    for (Index c = head; c != kNone; c = clusters_[c].next) {
      if (between) Conflicting({c});
      if (c == cluster_a || c == cluster_b) {
        if (between || cluster_a == cluster_b) return;
        between = true;
      }
    }
  }

  // Compare-and-sets that lead to each other, with no write to begin from.
  bool ReportCycle() {
    std::vector<bool> reached(accesses_.size() + 1);
    for (const Zone& zone : zones_) {
      for (Index c = zone.head; c != kNone; c = clusters_[c].next) reached[c] = true;
    }
    for (Index i = 0; i < accesses_.size(); ++i) {
      if (!accesses_[i].CompareAndSet() || !Included(i) || reached[i]) continue;
      Index c = i;
      do {
        conflict_.push_back(c);
        c = clusters_[c].next;
      } while (c != i && c != kNone);
      // Off a cycle the predecessors lead back to one; there is no branch, so
      // every unreached one lies on a cycle.
      return false;
    }
    return false;
  }

  // False if two forward zones overlap or a backward zone lies inside a forward
  // one.
  bool ZonesFit() {
    for (const Zone& zone : zones_) {
      if (zone.Forward()) forward_.push_back(zone);
    }
    std::sort(forward_.begin(), forward_.end(),
              [](const Zone& a, const Zone& b) { return a.first_complete < b.first_complete; });
    for (size_t i = 1; i < forward_.size(); ++i) {
      if (forward_[i].first_complete < forward_[i - 1].last_invoke) return ReportZones(forward_[i - 1], forward_[i]);
    }
    for (const Zone& zone : zones_) {
      if (zone.Forward()) continue;
      const Zone* around = ForwardAt(zone.last_invoke);
      if (around != nullptr && zone.first_complete < around->last_invoke) return ReportZones(*around, zone);
    }
    return true;
  }

  // The forward zone that holds this time, or none.
  const Zone* ForwardAt(uint32_t time) const {
    auto it = std::upper_bound(forward_.begin(), forward_.end(), time,
                               [](uint32_t t, const Zone& zone) { return t < zone.first_complete; });
    if (it == forward_.begin()) return nullptr;
    --it;
    return time < it->last_invoke ? &*it : nullptr;
  }

  bool ReportZones(const Zone& a, const Zone& b) {
    for (const Zone& zone : {a, b}) {
      Index first = zone.head;
      Index latest = zone.head;
      for (Index c = zone.head; c != kNone; c = clusters_[c].next) {
        const Cluster& cluster = clusters_[c];
        if (cluster.first_complete != kNone && Completed(cluster.first_complete) < Completed(first)) {
          first = cluster.first_complete;
        }
        if (Invoked(c) > Invoked(latest)) latest = c;
        if (Invoked(cluster.last_invoke) > Invoked(latest)) latest = cluster.last_invoke;
      }
      Tie(zone.head, first, latest);
    }
    return false;
  }

  // Chains by the moment they are placed at; within a chain each write, then
  // its reads in order of invocation.
  Order MakeOrder() {
    std::vector<std::pair<uint32_t, Index>> chains;
    chains.reserve(zones_.size());
    for (const Zone& zone : zones_) {
      uint32_t moment = zone.first_complete;
      if (!zone.Forward()) {
        const Zone* around = ForwardAt(zone.last_invoke);
        moment = around == nullptr ? zone.last_invoke : around->last_invoke;
      }
      // The initial value comes first whatever its zone.
      chains.push_back({zone.head == initial_index_ ? 0 : moment, zone.head});
    }
    std::sort(chains.begin(), chains.end());
    Index place = 0;
    std::vector<Index> place_of_reads(accesses_.size() + 1);
    Order order(accesses_.size());
    for (const auto& [moment, head] : chains) {
      for (Index c = head; c != kNone; c = clusters_[c].next) {
        if (c != initial_index_) order[place++] = accesses_[c].id;
        place_of_reads[c] = place;
        place += clusters_[c].reads;
      }
    }
    for (Index i = 0; i < accesses_.size(); ++i) {
      if (accesses_[i].writes || !accesses_[i].Observes()) continue;
      order[place_of_reads[writers_[accesses_[i].expect]]++] = accesses_[i].id;
    }
    order.resize(place);
    return order;
  }

  std::span<const Access> accesses_;
  const Value initial_;
  const Index initial_index_;
  WriterTable writers_;
  std::vector<bool> included_;  // of the optional accesses, those that must have happened
  std::vector<Cluster> clusters_;
  uint32_t compare_and_sets_ = 0;
  bool refusals_ = false;
  std::vector<Zone> zones_;
  std::vector<Zone> forward_;
  std::vector<Index> conflict_;
};

}  // namespace

Answer CheckZones(std::span<const Access> accesses, Value initial, bool want_order) {
  return Zones(accesses, initial).Run(want_order);
}

}  // namespace lockstep::linearizability

// Who injects the faults that come from time to time, and what operators ask at bad moments.
//
// Every fault interval each such fault may begin, by its own chance; most end after a while. Besides, the nemesis looks
// at each new leader, since much of what can go wrong does so just then. It knows the whole cluster, but touches nodes
// only as the world would: it cuts links, ends processes, takes disks away, and makes requests.
#ifndef LOCKSTEP_SIM_NEMESIS_H_
#define LOCKSTEP_SIM_NEMESIS_H_

#include <cstdint>
#include <vector>

#include "sim/links.h"
#include "sim/membership.h"
#include "sim/server.h"
#include "sim/workload.h"
#include "sim/world.h"

namespace lockstep::sim {

class Nemesis {
 public:
  Nemesis(World& world, Cluster& cluster, Workload& clients)
      : world_(world), cluster_(cluster), wires_(cluster.wires()), servers_(cluster.servers()), clients_(clients) {}

  // Draws what lasts for the whole run, and schedules the first interval.
  void Begin();
  // No more faults: what was cut is whole again. Nodes stay as they are.
  void Stop();

  // Events.
  void OnInterval();
  void OnFaultEnd(uint64_t number);
  void OnFlap(uint64_t number);
  void OnNewLeader(NewLeader leader);

 private:
  // A cut of the network that ends by itself.
  struct ActiveCut {
    uint64_t number = 0;
    Fault fault = Fault::kPartition;
    LinkSet links;
    int64_t until = 0;
    bool flapping = false;
    bool open = false;        // Flapping: not cut just now.
    uint32_t then_fails = 0;  // kFewFollowers: the server that fails in the end.
  };

  // nemesis.cc
  bool Begins(Fault fault);
  int64_t Duration();
  Server& AnyServer();
  Server* AnyLeader();
  Server* AnyRunning();
  ServerSet AnyGroup();
  void CrashNode(Server& node, Fault fault);
  void RestartLater(const Server& node, int64_t within);
  void Processes();
  void Disks();
  void Hosts();
  void TakeSnapshot();
  void EarlyTimeout();
  void FailAfterFew(uint32_t server);

  // cuts.cc
  void Cuts();
  void Cut(Fault fault, LinkSet links, Server* node, uint32_t then_fails = 0);
  void ApplyCuts();
  void Partition();
  void OneWay();
  void IsolateLeader();
  void Bridge();
  void Flapping();
  void FewFollowers(uint32_t server);

  // operators.cc
  void Operators();
  void ChangeMembership(Server& node);
  void Transfer(Server& node);
  void MaybeWipe();

  World& world_;
  Cluster& cluster_;
  Wires& wires_;
  Servers& servers_;
  Workload& clients_;
  std::vector<ActiveCut> cuts_;
  uint64_t next_number_ = 1;
  uint32_t few_followers_armed_ = 0;  // For so many new leaders.
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_NEMESIS_H_

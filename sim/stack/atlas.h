// Atlas: the faults of disks that last, and what they must spare.
//
// A protocol of majorities survives the loss of what a minority has on disk, never more. So before a disk is damaged
// the atlas looks at every configuration in use: a majority of each must keep disks that give back what was made
// durable there; and after each injection it checks that this is so, and that what is known to be committed is still on
// one of them. A node whose disk is damaged must notice it; an operator then gives it a new disk and a new life.
#ifndef LOCKSTEP_SIM_STACK_ATLAS_H_
#define LOCKSTEP_SIM_STACK_ATLAS_H_

#include <string>
#include <vector>

#include "sim/server.h"
#include "sim/stack/node.h"
#include "sim/world.h"

namespace lockstep::sim {

class Atlas {
 public:
  // `nodes`: all servers, as what they are. All outlive this object.
  Atlas(World& world, Servers& servers, const std::vector<StackNode*>& nodes)
      : world_(world), servers_(servers), nodes_(nodes) {}

  // Draws what strikes in this interval.
  void Strike();

 private:
  struct Block {
    std::string path;
    uint64_t offset = 0;
    uint64_t size = 0;
  };

  StackNode& AnyNode();
  int64_t Duration();
  void StrikeLeader();
  // Whether the cluster can do without the disk of `node`.
  bool Spares(const StackNode& node) const;
  // A block of a file whose damage is noticed, drawn; an empty path if none was found.
  Block DrawBlock(StackNode& node);
  void Damage(StackNode& node);
  void Misdirect(StackNode& node);
  void LoseFiles(StackNode& node);
  void Lose(StackNode& node, Fault fault, bool refused_next);
  // Gives nodes that were refused new disks.
  void ReplaceRefused();
  void RestartLater(StackNode& node);
  // LastGoodCopyProp.
  void CheckCopies(const StackNode& struck);

  World& world_;
  Servers& servers_;
  const std::vector<StackNode*>& nodes_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_ATLAS_H_

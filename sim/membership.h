// What a run may do to its cluster's members without asking the impossible of the protocol.
//
// A majority of voters that lost their disks for good can never commit again, whoever is at fault. So the
// simulator never wipes a disk, nor proposes a configuration, after which some configuration in use could not
// find a majority among the servers' present identities.
#ifndef LOCKSTEP_SIM_MEMBERSHIP_H_
#define LOCKSTEP_SIM_MEMBERSHIP_H_

#include "core/configuration.h"
#include "sim/choices.h"
#include "sim/links.h"
#include "sim/server.h"

namespace lockstep::sim {

// Whether `members` holds a majority of each half of `configuration`, counting only those present with their disk
// intact.
bool HasQuorum(const Servers& servers, ServerSet members, const Configuration& configuration);

// Whether that is so in every configuration that may be in use: in the log of any node, or on its disk, not older than
// the one committed last, which is of index `committed`; and in those that were asked for (server.h, MemberPlans).
bool HasQuorumEverywhere(const Servers& servers, ServerSet members, Index committed);

// Whether some server that may be counted on has everything up to `committed` for good.
bool HasGoodCopy(const Servers& servers, Index committed);

// A random change of `from`: a few members join, leave, are promoted or demoted; lost identities are replaced first.
ConfigurationChange DrawChange(const Servers& servers, const Configuration& from, Choices& choices);

// Some members without which a majority of every configuration in use remains, drawn; all servers if nothing can be
// spared. The cluster must live with these alone. `committed`: the index of the configuration committed last.
ServerSet DrawHealthy(const Servers& servers, Index committed, Choices& choices);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_MEMBERSHIP_H_

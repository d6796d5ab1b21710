// Who this member is: from its files, from its flags, or from those that are members already.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_JOIN_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_JOIN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/configuration.h"
#include "runtime/lockstepd/member_file.h"
#include "runtime/lockstepd/members_page.h"
#include "runtime/lockstepd/settings.h"
#include "runtime/network.h"
#include "runtime/posix/event_loop.h"

namespace lockstep::runtime {

// The members that found a cluster, numbered in the order of their names.
std::vector<ListedMember> Founders(const Settings& settings);
// All of them voters.
Configuration FoundingConfiguration(const Settings& settings);

// Which of the members that `page` lists has this one's peer URLs: who it is to be.
// Errors: FailedPrecondition with what to do.
absl::StatusOr<MemberRecord> RecordOfJoining(const Settings& settings, const MembersPage& page);
MemberRecord RecordOfFounding(const Settings& settings);
// Errors: FailedPrecondition if `page`, another member's, says that this founder has been there before: its files are
// lost, and it may have voted.
absl::Status CheckNotBootstrapped(const Settings& settings, const MembersPage& page);

// Determines the record of a member that has none, asking the others over `network`; runs `loop` meanwhile.
// Errors: as above; Unavailable if it is to join and nobody answers.
absl::StatusOr<MemberRecord> IntroduceMember(EventLoop& loop, Network& network, const Settings& settings);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_JOIN_H_

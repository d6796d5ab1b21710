// Restore: a new cluster of one member from a backup that `etcdctl snapshot save` has made of a cluster of this
// program.
//
// etcd's own backups are files of its database and cannot be read here, nor these by etcd's tools. The other members
// join the restored one as they would join any.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_RESTORE_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_RESTORE_H_

#include <string>

#include "absl/status/status.h"
#include "runtime/lockstepd/log_lines.h"
#include "runtime/lockstepd/settings.h"

namespace lockstep::runtime {

// Makes the files of the member that `settings` describe, with the keys, revisions and leases of the backup at `path`.
// Errors: FailedPrecondition if there are files already; DataLoss if the backup is not as it was made.
absl::Status RestoreBackup(const std::string& path, const Settings& settings, const LogLines& log);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_RESTORE_H_

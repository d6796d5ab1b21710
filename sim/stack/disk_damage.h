// What damage of a node's files its reader is bound to notice.
//
// A log tells damage from the torn end of a write by what was written later: of its last batch, as long as nothing
// behind it says that it was synced, nobody can tell. Losing that silently is what no protocol survives, so a run never
// does it (sim/README.md); everything else of a node's files may be damaged, and must be noticed.
#ifndef LOCKSTEP_SIM_STACK_DISK_DAMAGE_H_
#define LOCKSTEP_SIM_STACK_DISK_DAMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/memory/memory_files.h"
#include "runtime/wal/record.h"

namespace lockstep::sim {

// Whether whoever reads `disk` notices that bytes [offset, offset + size) of `path` are not what was written there.
bool ShowsDamage(const runtime::MemoryDisk& disk, const runtime::LogIdentity& identity, const std::string& path,
                 uint64_t offset, uint64_t size);

// The segments that a log cannot do without and whose loss it must notice: they hold entries that are not compacted,
// and later ones follow them. As a process would read it.
std::vector<std::string> NeededSegments(const runtime::MemoryDisk& disk, const runtime::LogIdentity& identity);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_DISK_DAMAGE_H_

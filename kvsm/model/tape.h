// Tape: commands and questions made of bytes, for tests by disagreement: any bytes make some command.
//
// Keys, leases and revisions come from small sets, so that commands meet each other.
#ifndef LOCKSTEP_KVSM_MODEL_TAPE_H_
#define LOCKSTEP_KVSM_MODEL_TAPE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kvsm/api/kv.pb.h"
#include "kvsm/api/lease.pb.h"
#include "kvsm/api/maintenance.pb.h"
#include "kvsm/command.h"
#include "kvsm/command.pb.h"

namespace lockstep::kvsm::model {

class Tape {
 public:
  explicit Tape(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  // A number in [0, n); 0 once the tape has run out.
  int Draw(int n) {
    const int byte = at_ < bytes_.size() ? bytes_[at_++] : 0;
    return byte % n;
  }
  bool Chance(int one_in) { return Draw(one_in) == one_in - 1; }

  std::string Key();
  std::string Value() { return std::string(static_cast<size_t>(Draw(4)), static_cast<char>('0' + Draw(10))); }
  std::string RangeEnd();
  int64_t LeaseId() { return Draw(5); }
  int64_t RevisionNear(int64_t revision) { return revision + 1 - Draw(12); }
  etcdserverpb::PutRequest Put();
  etcdserverpb::RangeRequest Range(int64_t revision);
  etcdserverpb::TxnRequest Txn(int64_t revision, int depth);
  // A command for a state at that revision and log time.
  std::string Command(int64_t revision, int64_t log_millis);

 private:
  etcdserverpb::DeleteRangeRequest DeleteRange();
  etcdserverpb::Compare Compare(int64_t revision);
  std::string Lease(CommandKind kind);
  std::string Alarm();
  std::string ChangeMember();

  const std::vector<uint8_t> bytes_;
  size_t at_ = 0;
};

}  // namespace lockstep::kvsm::model

#endif  // LOCKSTEP_KVSM_MODEL_TAPE_H_

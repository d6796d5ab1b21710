// What a request to the keys must look like before anything is done for it: etcd's rules, and their errors.
#ifndef LOCKSTEP_RUNTIME_SERVICE_REQUEST_CHECKS_H_
#define LOCKSTEP_RUNTIME_SERVICE_REQUEST_CHECKS_H_

#include "kvsm/api/kv.pb.h"
#include "kvsm/errors.h"

namespace lockstep::runtime {

kvsm::Error Check(const etcdserverpb::RangeRequest& request);
kvsm::Error Check(const etcdserverpb::PutRequest& request);
kvsm::Error Check(const etcdserverpb::DeleteRangeRequest& request);
// Of each level at most as many operations as what the levels above leave of `operations_max`; no key is put twice, or
// put and deleted, by operations of which more than one can take effect.
kvsm::Error Check(const etcdserverpb::TxnRequest& request, uint32_t operations_max);

// What it may add to the keys' bytes, at most.
int64_t CostOf(const etcdserverpb::PutRequest& request);
int64_t CostOf(const etcdserverpb::TxnRequest& request);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_REQUEST_CHECKS_H_

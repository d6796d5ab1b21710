// Ranges: what a RangeRequest asks of a store, answered.
//
// Limits, order, revision bounds; keys without values, counts without keys. A range in key order that has a limit costs
// what it returns, and its count O(log keys); one that is sorted or filtered costs all that it looks at.
#ifndef LOCKSTEP_KVSM_RANGE_REQUEST_H_
#define LOCKSTEP_KVSM_RANGE_REQUEST_H_

#include "kvsm/api/kv.pb.h"
#include "kvsm/errors.h"
#include "kvsm/store.h"

namespace lockstep::kvsm {

// Sets `response` but for its header. Errors: kCompacted, kFutureRev.
Error Range(const Store& store, const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse& response);

void ToKeyValue(const VersionView& version, mvccpb::KeyValue& pair);

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_RANGE_REQUEST_H_

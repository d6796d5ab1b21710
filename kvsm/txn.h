// Writes: what PutRequest, DeleteRangeRequest and TxnRequest mean.
//
// A transaction's comparisons, nested ones too, all look at the state before it; so do the checks that can refuse it.
// Once none has, its operations take effect one after the other, each seeing those before, all at one revision.
#ifndef LOCKSTEP_KVSM_TXN_H_
#define LOCKSTEP_KVSM_TXN_H_

#include "kvsm/api/kv.pb.h"
#include "kvsm/errors.h"
#include "kvsm/leases.h"
#include "kvsm/store.h"

namespace lockstep::kvsm {

// Each sets `response` but for its header (those within a transaction have theirs, with the revision) and leaves the
// write open: the caller ends it, if there was no error. After an error nothing has changed.

// Errors: kLeaseNotFound; kKeyNotFound if what is to be kept is not there.
Error Put(Store& store, const Leases& leases, const etcdserverpb::PutRequest& request,
          etcdserverpb::PutResponse& response);
void DeleteRange(Store& store, const etcdserverpb::DeleteRangeRequest& request,
                 etcdserverpb::DeleteRangeResponse& response);
// Errors: those of Put; kCompacted and kFutureRev of a range.
Error Txn(Store& store, const Leases& leases, const etcdserverpb::TxnRequest& request,
          etcdserverpb::TxnResponse& response);
// The same for one without puts, deletions and nested transactions.
Error ReadTxn(const Store& store, const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse& response);

// Whether it has only ranges.
bool IsReadOnly(const etcdserverpb::TxnRequest& request);
// Whether it may put something.
bool HasPut(const etcdserverpb::TxnRequest& request);

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_TXN_H_

#include "kvsm/txn.h"

#include <algorithm>
#include <string>
#include <vector>

#include "kvsm/range_request.h"

namespace lockstep::kvsm {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::DeleteRangeResponse;
using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

using Operations = google::protobuf::RepeatedPtrField<RequestOp>;

// The branch each transaction takes, nested ones in the order in which they are met.
using Branches = std::vector<bool>;

const Operations& Taken(const TxnRequest& request, bool branch) {
  return branch ? request.success() : request.failure();
}

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// A comparison without the value for its target compares with nothing: 0, or no bytes.
bool Holds(const Compare& compare, const VersionView& version) {
  int order = 0;
  switch (compare.target()) {
    case Compare::VALUE:
      order = Order<std::string_view>(version.value, compare.value());
      break;
    case Compare::VERSION:
      order = Order(version.version, compare.version());
      break;
    case Compare::CREATE:
      order = Order(version.create_revision, compare.create_revision());
      break;
    case Compare::MOD:
      order = Order(version.mod_revision, compare.mod_revision());
      break;
    case Compare::LEASE:
      order = Order(version.lease, compare.lease());
      break;
    default:
      break;
  }
  switch (compare.result()) {
    case Compare::EQUAL:
      return order == 0;
    case Compare::NOT_EQUAL:
      return order != 0;
    case Compare::GREATER:
      return order > 0;
    case Compare::LESS:
      return order < 0;
    default:
      return true;
  }
}

// It must hold for every key of its range; without any, for a key that has never been, which has no value.
bool Holds(const Store& store, const Compare& compare) {
  bool holds = true;
  bool any = false;
  store.engine().Scan(KeyRange::Of(compare.key(), compare.range_end()), kNewest, [&](const VersionView& version) {
    any = true;
    holds = Holds(compare, version);
    return holds;
  });
  return any ? holds : compare.target() != Compare::VALUE && Holds(compare, VersionView{});
}

void Decide(const Store& store, const TxnRequest& request, Branches& branches) {
  const bool branch = std::all_of(request.compare().begin(), request.compare().end(),
                                  [&store](const Compare& compare) { return Holds(store, compare); });
  branches.push_back(branch);
  for (const RequestOp& operation : Taken(request, branch)) {
    if (operation.has_request_txn()) Decide(store, operation.request_txn(), branches);
  }
}

Error CheckPut(const Store& store, const Leases& leases, const PutRequest& request) {
  VersionView before;
  if ((request.ignore_value() || request.ignore_lease()) && !store.engine().Find(request.key(), kNewest, before)) {
    return Error::kKeyNotFound;
  }
  if (request.lease() != 0 && leases.Find(request.lease()) == nullptr) return Error::kLeaseNotFound;
  return Error::kNone;
}

Error CheckPuts(const Store& store, const Leases& leases, const TxnRequest& request, Branches::const_iterator& branch) {
  for (const RequestOp& operation : Taken(request, *branch++)) {
    Error error = Error::kNone;
    if (operation.has_request_put()) error = CheckPut(store, leases, operation.request_put());
    if (operation.has_request_txn()) error = CheckPuts(store, leases, operation.request_txn(), branch);
    if (error != Error::kNone) return error;
  }
  return Error::kNone;
}

Error CheckRanges(const Store& store, const TxnRequest& request, Branches::const_iterator& branch) {
  for (const RequestOp& operation : Taken(request, *branch++)) {
    Error error = Error::kNone;
    if (operation.has_request_range()) {
      const Revision revision = operation.request_range().revision();
      if (revision > store.revision()) error = Error::kFutureRev;
      if (revision != 0 && revision < store.compact_revision()) error = Error::kCompacted;
    }
    if (operation.has_request_txn()) error = CheckRanges(store, operation.request_txn(), branch);
    if (error != Error::kNone) return error;
  }
  return Error::kNone;
}

// Once nothing can refuse it. A put that is to keep what an operation before it has deleted keeps nothing; requests
// with such pairs are refused before they become commands.
void PutChecked(Store& store, const PutRequest& request, PutResponse& response) {
  VersionView before;
  const bool looks = request.prev_kv() || request.ignore_value() || request.ignore_lease();
  const bool found = looks && store.engine().Find(request.key(), kNewest, before);
  if (request.prev_kv() && found) ToKeyValue(before, *response.mutable_prev_kv());
  const LeaseId lease = request.ignore_lease() ? before.lease : request.lease();
  if (request.ignore_value()) {
    store.Put(request.key(), std::string(before.value), lease);
  } else {
    store.Put(request.key(), request.value(), lease);
  }
}

void Run(Store& store, const TxnRequest& request, Branches::const_iterator& branch, TxnResponse& response) {
  response.set_succeeded(*branch);
  for (const RequestOp& operation : Taken(request, *branch++)) {
    auto& result = *response.add_responses();
    if (operation.has_request_range()) {
      auto& range = *result.mutable_response_range();
      Range(store, operation.request_range(), range);
      range.mutable_header()->set_revision(store.seen_revision());
    } else if (operation.has_request_put()) {
      auto& put = *result.mutable_response_put();
      PutChecked(store, operation.request_put(), put);
      put.mutable_header()->set_revision(store.seen_revision());
    } else if (operation.has_request_delete_range()) {
      auto& deletion = *result.mutable_response_delete_range();
      DeleteRange(store, operation.request_delete_range(), deletion);
      deletion.mutable_header()->set_revision(store.seen_revision());
    } else if (operation.has_request_txn()) {
      auto& nested = *result.mutable_response_txn();
      nested.mutable_header();
      Run(store, operation.request_txn(), branch, nested);
    }
  }
}

bool AnyOperation(const TxnRequest& request, bool (*is)(const RequestOp&)) {
  return std::any_of(request.success().begin(), request.success().end(), is) ||
         std::any_of(request.failure().begin(), request.failure().end(), is);
}

}  // namespace

Error Put(Store& store, const Leases& leases, const PutRequest& request, PutResponse& response) {
  // Of a single put the lease is looked at first.
  if (request.lease() != 0 && leases.Find(request.lease()) == nullptr) return Error::kLeaseNotFound;
  const Error error = CheckPut(store, leases, request);
  if (error == Error::kNone) PutChecked(store, request, response);
  return error;
}

void DeleteRange(Store& store, const DeleteRangeRequest& request, DeleteRangeResponse& response) {
  const KeyRange range = KeyRange::Of(request.key(), request.range_end());
  if (request.prev_kv()) {
    store.engine().Scan(range, kNewest, [&response](const VersionView& version) {
      ToKeyValue(version, *response.add_prev_kvs());
      return true;
    });
  }
  response.set_deleted(store.DeleteRange(range));
}

Error Txn(Store& store, const Leases& leases, const TxnRequest& request, TxnResponse& response) {
  Branches branches;
  Decide(store, request, branches);
  Branches::const_iterator branch = branches.begin();
  Error error = CheckPuts(store, leases, request, branch);
  if (error != Error::kNone) return error;
  branch = branches.begin();
  error = CheckRanges(store, request, branch);
  if (error != Error::kNone) return error;
  branch = branches.begin();
  Run(store, request, branch, response);
  return Error::kNone;
}

Error ReadTxn(const Store& store, const TxnRequest& request, TxnResponse& response) {
  Branches branches;
  Decide(store, request, branches);
  Branches::const_iterator branch = branches.begin();
  const Error error = CheckRanges(store, request, branch);
  if (error != Error::kNone) return error;
  response.set_succeeded(branches.front());
  for (const RequestOp& operation : Taken(request, branches.front())) {
    auto& range = *response.add_responses()->mutable_response_range();
    Range(store, operation.request_range(), range);
    range.mutable_header()->set_revision(store.revision());
  }
  return Error::kNone;
}

bool IsReadOnly(const TxnRequest& request) {
  return !AnyOperation(request, [](const RequestOp& operation) { return !operation.has_request_range(); });
}

bool HasPut(const TxnRequest& request) {
  return AnyOperation(request, [](const RequestOp& operation) {
    return operation.has_request_put() || (operation.has_request_txn() && HasPut(operation.request_txn()));
  });
}

}  // namespace lockstep::kvsm

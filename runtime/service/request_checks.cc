#include "runtime/service/request_checks.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "kvsm/engine.h"

namespace lockstep::runtime {
namespace {

using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::PutRequest;
using etcdserverpb::RangeRequest;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using kvsm::Error;

using Operations = google::protobuf::RepeatedPtrField<RequestOp>;

Error CheckShape(const TxnRequest& request, int operations_max);

Error CheckShape(const RequestOp& operation, int operations_max) {
  switch (operation.request_case()) {
    case RequestOp::kRequestRange:
      return Check(operation.request_range());
    case RequestOp::kRequestPut:
      return Check(operation.request_put());
    case RequestOp::kRequestDeleteRange:
      return Check(operation.request_delete_range());
    case RequestOp::kRequestTxn:
      return CheckShape(operation.request_txn(), operations_max);
    case RequestOp::REQUEST_NOT_SET:
      break;
  }
  return Error::kKeyNotFound;
}

Error CheckShape(const TxnRequest& request, int operations_max) {
  const int most = std::max({request.compare_size(), request.success_size(), request.failure_size()});
  if (most > operations_max) return Error::kTooManyOps;
  for (const auto& compare : request.compare()) {
    if (compare.key().empty()) return Error::kEmptyKey;
  }
  for (const Operations* const operations : {&request.success(), &request.failure()}) {
    for (const RequestOp& operation : *operations) {
      const Error error = CheckShape(operation, operations_max - most);
      if (error != Error::kNone) return error;
    }
  }
  return Error::kNone;
}

// The keys that operations put, and the ranges that they delete.
struct Touched {
  std::set<std::string> puts;
  std::vector<kvsm::KeyRange> deletions;

  bool Deletes(const std::string& key) const {
    return std::any_of(deletions.begin(), deletions.end(),
                       [&key](const kvsm::KeyRange& range) { return range.Contains(key); });
  }
};

bool FindTouched(const Operations& operations, Touched& touched);

// Of the two branches of a nested transaction one takes effect: they may put the same key.
bool AddNested(const TxnRequest& nested, Touched& touched) {
  Touched success;
  Touched failure;
  if (!FindTouched(nested.success(), success) || !FindTouched(nested.failure(), failure)) return false;
  for (const std::string& key : success.puts) {
    if (touched.puts.contains(key) || touched.Deletes(key)) return false;
  }
  for (const std::string& key : failure.puts) {
    if (touched.puts.contains(key) || touched.Deletes(key)) return false;
  }
  touched.puts.merge(success.puts);
  touched.puts.merge(failure.puts);
  for (const auto* const branch : {&success, &failure}) {
    touched.deletions.insert(touched.deletions.end(), branch->deletions.begin(), branch->deletions.end());
  }
  return true;
}

// False: a key is put twice, or put and deleted.
bool FindTouched(const Operations& operations, Touched& touched) {
  for (const RequestOp& operation : operations) {
    if (!operation.has_request_delete_range()) continue;
    const DeleteRangeRequest& deletion = operation.request_delete_range();
    touched.deletions.push_back(kvsm::KeyRange::Of(deletion.key(), deletion.range_end()));
  }
  for (const RequestOp& operation : operations) {
    if (operation.has_request_txn() && !AddNested(operation.request_txn(), touched)) return false;
  }
  for (const RequestOp& operation : operations) {
    if (!operation.has_request_put()) continue;
    const std::string& key = operation.request_put().key();
    if (touched.Deletes(key) || !touched.puts.insert(key).second) return false;
  }
  return true;
}

int64_t CostOfAll(const Operations& operations) {
  int64_t cost = 0;
  for (const RequestOp& operation : operations) {
    if (operation.has_request_put()) cost += CostOf(operation.request_put());
    if (operation.has_request_txn()) cost += CostOf(operation.request_txn());
  }
  return cost;
}

}  // namespace

Error Check(const RangeRequest& request) { return request.key().empty() ? Error::kEmptyKey : Error::kNone; }

Error Check(const PutRequest& request) {
  if (request.key().empty()) return Error::kEmptyKey;
  if (request.ignore_value() && !request.value().empty()) return Error::kValueProvided;
  if (request.ignore_lease() && request.lease() != 0) return Error::kLeaseProvided;
  return Error::kNone;
}

Error Check(const DeleteRangeRequest& request) { return request.key().empty() ? Error::kEmptyKey : Error::kNone; }

Error Check(const TxnRequest& request, uint32_t operations_max) {
  const Error error = CheckShape(request, static_cast<int>(operations_max));
  if (error != Error::kNone) return error;
  for (const Operations* const operations : {&request.success(), &request.failure()}) {
    Touched touched;
    if (!FindTouched(*operations, touched)) return Error::kDuplicateKey;
  }
  return Error::kNone;
}

int64_t CostOf(const PutRequest& request) { return kvsm::BytesOf({request.key(), request.value(), 0, 0, 0, 0, 0}); }

int64_t CostOf(const TxnRequest& request) {
  return std::max(CostOfAll(request.success()), CostOfAll(request.failure()));
}

}  // namespace lockstep::runtime

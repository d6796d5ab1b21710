#include "sim/services/plain_history.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "spec/linearizability/check.h"

namespace lockstep::sim {

namespace lin = linearizability;
using etcdserverpb::Compare;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

// What made a revision comes before all that only saw it; those may come in any order, so in that of their asking.
int64_t PlainHistory::Place(uint32_t client, int64_t revision, bool changed) const {
  return revision << 32 | (changed ? 0 : open_[client].order);
}

bool PlainHistory::Begin(uint32_t client, const lin::Invocation& invocation) {
  if (open_.size() <= client) open_.resize(client + 1);
  open_[client].order = ++begun_;
  const absl::Status status = builder_.Invoke(client, invocation);
  LOCKSTEP_CHECK(status.ok());
  return true;
}

void PlainHistory::End(uint32_t client, const lin::Completion& completion) {
  const absl::Status status = builder_.Complete(client, completion);
  LOCKSTEP_CHECK(status.ok());
}

lin::Value PlainHistory::Bounds(std::string_view first, std::string_view end) {
  const lin::Value bounds[] = {Text(first), Text(end)};
  return builder_.values().List(bounds);
}

bool PlainHistory::Put(uint32_t client, const etcdserverpb::PutRequest& request) {
  if (!IsPlain(request.key())) return false;
  return Begin(client, {.kind = lin::OperationKind::kWrite,
                        .key = builder_.InternKey(request.key()),
                        .argument = Text(request.value())});
}

bool PlainHistory::Delete(uint32_t client, const etcdserverpb::DeleteRangeRequest& request) {
  if (!IsPlain(request.key())) return false;
  if (!request.range_end().empty()) {
    return Begin(client,
                 {.kind = lin::OperationKind::kDeleteRange, .argument = Bounds(request.key(), request.range_end())});
  }
  return Begin(client, {.kind = lin::OperationKind::kDelete, .key = builder_.InternKey(request.key())});
}

bool PlainHistory::Read(uint32_t client, const RangeRequest& request) {
  // Only what shows the present, and all of it.
  if (!IsPlain(request.key()) || request.serializable() || request.revision() != 0) return false;
  if (request.range_end() == std::string_view("\0", 1)) return false;
  if (request.limit() != 0 || request.count_only() || request.keys_only() || request.sort_target() != 0 ||
      request.sort_order() != 0 || request.min_mod_revision() != 0) {
    return false;
  }
  if (request.range_end().empty()) {
    Begin(client, {.kind = lin::OperationKind::kRead, .key = builder_.InternKey(request.key())});
  } else {
    Begin(client, {.kind = lin::OperationKind::kRange, .argument = Bounds(request.key(), request.range_end())});
  }
  open_[client].read = request;
  open_[client].txn.Clear();
  return true;
}

std::optional<lin::TransactionStep> PlainHistory::StepOf(const RequestOp& operation) {
  lin::TransactionStep step;
  if (operation.has_request_put()) {
    step.kind = lin::OperationKind::kWrite;
    step.key = builder_.InternKey(operation.request_put().key());
    step.argument = Text(operation.request_put().value());
    return IsPlain(operation.request_put().key()) ? std::optional(step) : std::nullopt;
  }
  if (operation.has_request_delete_range() && operation.request_delete_range().range_end().empty()) {
    step.kind = lin::OperationKind::kDelete;
    step.key = builder_.InternKey(operation.request_delete_range().key());
    return IsPlain(operation.request_delete_range().key()) ? std::optional(step) : std::nullopt;
  }
  if (operation.has_request_range() && operation.request_range().range_end().empty()) {
    step.kind = lin::OperationKind::kRead;
    step.key = builder_.InternKey(operation.request_range().key());
    return IsPlain(operation.request_range().key()) ? std::optional(step) : std::nullopt;
  }
  return std::nullopt;
}

bool PlainHistory::Txn(uint32_t client, const TxnRequest& request) {
  lin::Transaction transaction;
  for (const Compare& compare : request.compare()) {
    const bool simple = IsPlain(compare.key()) && compare.range_end().empty() && compare.target() == Compare::VALUE &&
                        compare.result() == Compare::EQUAL;
    if (!simple) return false;
    transaction.guards.push_back(
        {builder_.InternKey(compare.key()), lin::TransactionGuard::Comparison::kEqual, Text(compare.value())});
  }
  for (const RequestOp& operation : request.success()) {
    const auto step = StepOf(operation);
    if (!step.has_value()) return false;
    transaction.then.push_back(*step);
  }
  for (const RequestOp& operation : request.failure()) {
    const auto step = StepOf(operation);
    if (!step.has_value()) return false;
    transaction.otherwise.push_back(*step);
  }
  Begin(client, {.kind = lin::OperationKind::kTransaction, .transaction = &transaction});
  open_[client].txn = request;
  open_[client].transaction = std::move(transaction);
  return true;
}

lin::Value PlainHistory::ResultOf(const RangeRequest& request, const RangeResponse& response) {
  if (request.range_end().empty()) return response.kvs_size() == 0 ? lin::kNil : Text(response.kvs(0).value());
  std::vector<lin::Value> pairs;
  for (const mvccpb::KeyValue& pair : response.kvs()) {
    builder_.InternKey(pair.key());
    pairs.push_back(Text(pair.key()));
    pairs.push_back(Text(pair.value()));
  }
  return builder_.values().List(pairs);
}

void PlainHistory::Done(uint32_t client, int64_t revision, bool changed) {
  End(client, {.log_index = Place(client, revision, changed)});
}

void PlainHistory::Done(uint32_t client, const RangeResponse& response) {
  End(client, {.result = ResultOf(open_[client].read, response),
               .log_index = Place(client, response.header().revision(), false)});
}

void PlainHistory::Done(uint32_t client, const TxnResponse& response) {
  bool changed = false;
  lin::Transaction told = open_[client].transaction;
  told.taken = response.succeeded() ? lin::Transaction::Branch::kThen : lin::Transaction::Branch::kOtherwise;
  const auto& asked = response.succeeded() ? open_[client].txn.success() : open_[client].txn.failure();
  auto& steps = response.succeeded() ? told.then : told.otherwise;
  for (int i = 0; i < asked.size() && i < response.responses_size(); ++i) {
    changed = changed || asked[i].has_request_put() || response.responses(i).response_delete_range().deleted() > 0;
    if (!asked[i].has_request_range()) continue;
    steps[static_cast<size_t>(i)].result = ResultOf(asked[i].request_range(), response.responses(i).response_range());
  }
  End(client, {.log_index = Place(client, response.header().revision(), changed), .transaction = &told});
}

PlainHistory::Judgement PlainHistory::Judge() {
  Judgement judgement;
  const lin::History history = std::move(builder_).Finish();
  lin::CheckOptions options;
  options.semantics.model = lin::ModelKind::kKeyValue;
  // Far beyond what a run needs.
  options.budget = {.steps = 2'000'000, .bytes = uint64_t{256} << 20};
  options.want_orders = false;
  const auto result = lin::Check(history, options);
  LOCKSTEP_CHECK(result.ok());
  switch (result->verdict) {
    case lin::Verdict::kLinearizable:
      break;
    case lin::Verdict::kNotLinearizable:
      judgement.verdict = Workload::Verdict::kNotLinearizable;
      judgement.evidence = lin::ExplainConflict(history, options.semantics, *result);
      return judgement;
    case lin::Verdict::kUnknown:
      judgement.verdict = Workload::Verdict::kUnknown;
      break;
  }
  if (result->log_order != lin::LogOrder::kViolated) return judgement;
  judgement.in_log_order = false;
  judgement.evidence = "linearizable, but not in the order of revisions:";
  for (const lin::OperationId id : result->log_order_evidence) judgement.evidence += "\n" + history.Describe(id);
  return judgement;
}

}  // namespace lockstep::sim

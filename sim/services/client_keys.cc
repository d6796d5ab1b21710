// Puts, reads, deletions, transactions, compactions.
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/services/clients.h"

namespace lockstep::sim {

using etcdserverpb::Compare;
using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::DeleteRangeResponse;
using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using kvsm::CommandKind;

void ServiceClients::Put(uint32_t number, bool leased) {
  PutRequest request;
  request.set_key(leased ? MixedKey() : PlainKey());
  request.set_value(NewValue());
  request.set_prev_kv(world_.choices.Below(3) == 0);
  if (leased) request.set_lease(AnyLease(number));
  if (leased && request.lease() == 0) request.set_ignore_lease(world_.choices.Below(4) == 0);
  Open(number, OperationKind::kWrite, absl::StrCat("put ", request.ShortDebugString()));
  const uint32_t server = ChooseServer();
  const bool plain = plain_.Put(number, request);
  const Asked asked = judge_.Ask(server, request.SerializeAsString(), true);
  Call(number, server, "/etcdserverpb.KV/Put", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<PutResponse>(told.response);
      judge_.Reached(ServiceGoal::kPut);
      if (std::exchange(room_made_, false)) judge_.Reached(ServiceGoal::kRoomMade);
      judge_.Wrote(asked, CommandKind::kPut, response);
      Saw(number, response.header().revision());
      clients_[number].believed[request.key()] = request.value();
      if (plain) plain_.Done(number, response.header().revision(), true);
    } else {
      NotWritten(number, asked, CommandKind::kPut, told, plain);
    }
    Close(number, told, server);
  });
}

void ServiceClients::NotWritten(uint32_t number, const Asked& asked, CommandKind kind, const Told& told, bool plain) {
  if (told.end == End::kUnknown) {
    judge_.Unknown(asked);
    if (plain) plain_.Unknown(number);
    return;
  }
  if (told.end == End::kError && told.error == kvsm::Error::kNoSpace) {
    wants_room_ = true;
    judge_.NoRoom(asked, kind);
  } else if (told.end == End::kError) {
    judge_.WriteFailed(asked, kind, told.error);
  } else if (told.error == kvsm::Error::kRequestTooLarge) {
    judge_.TooLarge(asked, habits_.request_bytes_max);
  } else {
    judge_.Refused(asked);
  }
  if (plain) plain_.Refused(number);
}

void ServiceClients::Believe(uint32_t number, const RangeResponse& response) {
  for (const mvccpb::KeyValue& pair : response.kvs()) clients_[number].believed[pair.key()] = pair.value();
}

void ServiceClients::Get(uint32_t number, uint32_t server, bool range) {
  Choices& choices = world_.choices;
  RangeRequest request;
  const bool plain_key = choices.Below(2) == 0;
  request.set_key(plain_key ? PlainKey() : MixedKey());
  if (range) {
    request.set_key(plain_key ? "p" : "x");
    request.set_range_end(choices.Below(8) == 0 ? std::string(1, '\0') : plain_key ? "q" : "y");
    if (choices.Below(2) == 0) {
      request.set_sort_target(static_cast<RangeRequest::SortTarget>(choices.Below(5)));
      request.set_sort_order(static_cast<RangeRequest::SortOrder>(choices.Below(3)));
      request.set_limit(static_cast<int64_t>(choices.Below(3)));
      request.set_keys_only(choices.Below(4) == 0);
      request.set_count_only(choices.Below(8) == 0);
      if (choices.Below(4) == 0) request.set_min_mod_revision(clients_[number].revision - 2);
    }
  }
  if (choices.Below(6) == 0) {
    request.set_revision(std::max<int64_t>(1, clients_[number].revision - static_cast<int64_t>(choices.Below(12)) + 2));
  }
  request.set_serializable(choices.Below(4) == 0);
  Open(number, OperationKind::kRead, absl::StrCat("range ", request.ShortDebugString()));
  const bool plain = plain_.Read(number, request);
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/etcdserverpb.KV/Range", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<RangeResponse>(told.response);
      judge_.Reached(request.revision() != 0 ? ServiceGoal::kRangeInThePast : ServiceGoal::kRange);
      judge_.Read(asked, request, response);
      Saw(number, response.header().revision());
      if (request.revision() == 0 && !request.keys_only()) Believe(number, response);
      if (plain) plain_.Done(number, response);
    } else {
      if (told.end == End::kError) judge_.ReadFailed(asked, request, told.error);
      if (plain) plain_.Refused(number);
    }
    Close(number, told, server);
  });
}

void ServiceClients::Delete(uint32_t number) {
  Choices& choices = world_.choices;
  DeleteRangeRequest request;
  const bool plain_key = choices.Below(2) == 0;
  request.set_key(plain_key ? PlainKey() : MixedKey());
  if (choices.Below(4) == 0) {
    request.set_key(plain_key ? "p" : "x");
    request.set_range_end(plain_key ? "q" : "y");
  }
  request.set_prev_kv(choices.Below(2) == 0);
  Open(number, OperationKind::kWrite, absl::StrCat("delete ", request.ShortDebugString()));
  const uint32_t server = ChooseServer();
  SendDelete(number, server, request, [=, this](const Told& told) { Close(number, told, server); });
}

void ServiceClients::SendDelete(uint32_t number, uint32_t server, const DeleteRangeRequest& request, OnTold then) {
  const bool plain = plain_.Delete(number, request);
  const Asked asked = judge_.Ask(server, Marked(request), true);
  Call(number, server, "/etcdserverpb.KV/DeleteRange", asked.request, Patience(),
       [=, this, then = std::move(then)](const Told& told) {
         if (told.end == End::kOk) {
           const auto response = ReadMessage<DeleteRangeResponse>(told.response);
           if (response.deleted() > 0) judge_.Reached(ServiceGoal::kDeleted);
           judge_.Wrote(asked, CommandKind::kDeleteRange, response);
           Saw(number, response.header().revision());
           if (plain) plain_.Done(number, response.header().revision(), response.deleted() > 0);
         } else {
           NotWritten(number, asked, CommandKind::kDeleteRange, told, plain);
         }
         then(told);
       });
}

// A put under the condition that the client's belief is true.
void ServiceClients::Txn(uint32_t number) {
  Choices& choices = world_.choices;
  TxnRequest request;
  const std::string key = PlainKey();
  Compare& compare = *request.add_compare();
  compare.set_key(key);
  compare.set_target(Compare::VALUE);
  compare.set_value(clients_[number].believed[key]);
  const std::string written = choices.Below(2) == 0 ? key : PlainKey();
  auto& put = *request.add_success()->mutable_request_put();
  put.set_key(written);
  put.set_value(NewValue());
  put.set_prev_kv(choices.Below(4) == 0);
  if (choices.Below(2) == 0) request.add_success()->mutable_request_range()->set_key(PlainKey());
  request.add_failure()->mutable_request_range()->set_key(key);
  if (choices.Below(4) == 0) {
    const std::string deleted = PlainKey();
    request.add_failure()->mutable_request_delete_range()->set_key(deleted);
  }
  SendTxn(number, request, true);
}

// Everything that transactions can be.
void ServiceClients::MixedTxn(uint32_t number) {
  Choices& choices = world_.choices;
  TxnRequest request;
  for (uint64_t count = choices.Below(3); count > 0; --count) {
    Compare& compare = *request.add_compare();
    compare.set_key(MixedKey());
    if (choices.Below(6) == 0) {
      compare.set_key("x");
      compare.set_range_end("y");
    }
    compare.set_result(static_cast<Compare::CompareResult>(choices.Below(4)));
    const auto draw = static_cast<int64_t>(choices.Below(3));
    switch (choices.Below(5)) {
      case 0:
        compare.set_target(Compare::VERSION);
        compare.set_version(draw);
        break;
      case 1:
        compare.set_target(Compare::CREATE);
        compare.set_create_revision(draw == 0 ? 0 : clients_[number].revision - draw);
        break;
      case 2:
        compare.set_target(Compare::MOD);
        compare.set_mod_revision(draw == 0 ? 0 : clients_[number].revision - draw);
        break;
      case 3:
        compare.set_target(Compare::LEASE);
        compare.set_lease(AnyLease(number));
        break;
      default:
        compare.set_target(Compare::VALUE);
        compare.set_value(clients_[number].believed[compare.key()]);
    }
  }
  const auto put = [&](etcdserverpb::RequestOp* operation) {
    operation->mutable_request_put()->set_key(MixedKey());
    operation->mutable_request_put()->set_value(NewValue());
    operation->mutable_request_put()->set_lease(choices.Below(2) == 0 ? AnyLease(number) : 0);
  };
  const auto look = [&](etcdserverpb::RequestOp* operation) {
    operation->mutable_request_range()->set_key("x");
    operation->mutable_request_range()->set_range_end("y");
  };
  if (choices.Below(3) != 0) {
    look(request.add_success());
    put(request.add_success());
  } else {
    auto& deletion = *request.add_success()->mutable_request_delete_range();
    deletion.set_key("x");
    deletion.set_range_end("y");
    deletion.set_prev_kv(choices.Below(2) == 0);
  }
  look(request.add_success());
  if (choices.Below(4) == 0) {
    TxnRequest& inner = *request.add_failure()->mutable_request_txn();
    Compare& compare = *inner.add_compare();
    compare.set_key(MixedKey());
    compare.set_target(Compare::VERSION);
    compare.set_result(Compare::GREATER);
    put(inner.add_success());
    look(inner.add_failure());
  } else {
    put(request.add_failure());
  }
  SendTxn(number, request, false);
}

void ServiceClients::SendTxn(uint32_t number, const TxnRequest& request, bool plain) {
  Open(number, OperationKind::kWrite, absl::StrCat("txn ", request.ShortDebugString()));
  const uint32_t server = ChooseServer();
  if (plain) plain = plain_.Txn(number, request);
  const Asked asked = judge_.Ask(server, request.SerializeAsString(), true);
  Call(number, server, "/etcdserverpb.KV/Txn", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<TxnResponse>(told.response);
      judge_.Reached(response.succeeded() ? ServiceGoal::kTxnThen : ServiceGoal::kTxnElse);
      judge_.Wrote(asked, CommandKind::kTxn, response);
      Saw(number, response.header().revision());
      for (const auto& part : response.responses()) Believe(number, part.response_range());
      if (plain) plain_.Done(number, response);
    } else {
      NotWritten(number, asked, CommandKind::kTxn, told, plain);
    }
    Close(number, told, server);
  });
}

void ServiceClients::ReadTxn(uint32_t number) {
  Choices& choices = world_.choices;
  TxnRequest request;
  const bool serializable = choices.Below(3) == 0;
  request.add_success()->mutable_request_range()->set_key(PlainKey());
  auto& all = *request.add_success()->mutable_request_range();
  all.set_key("x");
  all.set_range_end("y");
  for (auto& part : *request.mutable_success()) part.mutable_request_range()->set_serializable(serializable);
  Open(number, OperationKind::kRead, absl::StrCat("txn ", request.ShortDebugString()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/etcdserverpb.KV/Txn", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<TxnResponse>(told.response);
      judge_.ReadByTxn(asked, request, response, serializable);
      Saw(number, response.header().revision());
    }
    Close(number, told, server);
  });
}

void ServiceClients::Compact(uint32_t number) {
  etcdserverpb::CompactionRequest request;
  request.set_revision(clients_[number].revision - static_cast<int64_t>(world_.choices.Below(8)));
  Open(number, OperationKind::kWrite, absl::StrCat("compact ", request.revision()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, Marked(request), true);
  Call(number, server, "/etcdserverpb.KV/Compact", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      judge_.Reached(ServiceGoal::kCompaction);
      judge_.Wrote(asked, CommandKind::kCompact, ReadMessage<etcdserverpb::CompactionResponse>(told.response));
    } else {
      NotWritten(number, asked, CommandKind::kCompact, told, false);
    }
    Close(number, told, server);
  });
}

}  // namespace lockstep::sim

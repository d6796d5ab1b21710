// Watches: several over one stream, begun again where they were when it breaks.
#include <algorithm>
#include <utility>

#include "sim/services/clients.h"

namespace lockstep::sim {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchRequest;
using etcdserverpb::WatchResponse;

void ServiceClients::WatchOrCancel(uint32_t number) {
  Choices& choices = world_.choices;
  Stream& stream = *streams_[number];
  Open(number, OperationKind::kRead, "watch");
  if (stream.watches.size() >= 3) {
    const int64_t id = stream.watches.begin()->first;
    WatchRequest cancel;
    cancel.mutable_cancel_request()->set_watch_id(id);
    connections_.Write(stream.call, cancel.SerializeAsString());
    stream.watches.erase(id);
    return Close(number, Answer::kOk, stream.server);
  }
  if (!stream.watches.empty() && choices.Below(4) == 0) {
    // One that takes nothing for a while, or wants to know how far it is.
    if (choices.Below(2) == 0) {
      connections_.SetTaking(stream.call, false);
      judge_.Reached(ServiceGoal::kWatchSlow);
      Later(number, choices.Between(0, 10 * world_.scenario.election_timeout_micros),
            [this, call = stream.call] { connections_.SetTaking(call, true); });
      if (choices.Below(2) == 0) {
        WatchRequest progress;
        progress.mutable_progress_request();
        Later(number, choices.Between(0, 4 * world_.scenario.election_timeout_micros),
              [this, call = stream.call, progress] { connections_.Write(call, progress.SerializeAsString()); });
      }
    } else {
      WatchRequest progress;
      progress.mutable_progress_request();
      connections_.Write(stream.call, progress.SerializeAsString());
    }
    return Close(number, Answer::kOk, stream.server);
  }
  Stream::One one;
  switch (choices.Below(4)) {
    case 0:
      one.watched.key = choices.Below(2) == 0 ? PlainKey() : MixedKey();
      break;
    case 1:
      one.watched.key = "p";
      one.watched.range_end = "q";
      break;
    case 2:
      one.watched.key = "x";
      one.watched.range_end = "y";
      break;
    default:
      one.watched.key = std::string(1, '\0');
      one.watched.range_end = std::string(1, '\0');
  }
  const uint64_t filter = choices.Below(6);
  one.watched.puts = filter != 0;
  one.watched.deletions = filter != 1;
  one.watched.prev_kv = choices.Below(3) == 0;
  one.watched.fragments = choices.Below(4) != 0;
  one.progress = choices.Below(3) == 0;
  if (choices.Below(2) == 0) {
    const auto back = static_cast<int64_t>(choices.Below(10));
    one.watched.next = std::max<int64_t>(1, clients_[number].revision - back);
    judge_.Reached(ServiceGoal::kWatchFromThePast);
  }
  const int64_t id = stream.watches.empty() ? 1 : stream.watches.rbegin()->first + 1;
  stream.watches[id] = one;
  if (stream.call == 0) {
    OpenStream(stream);
  } else {
    Create(stream, id);
  }
  Close(number, Answer::kOk, stream.server);
}

void ServiceClients::Create(Stream& stream, int64_t id) {
  Stream::One& one = stream.watches.at(id);
  one.created = false;
  one.watched.parts.clear();
  WatchRequest request;
  WatchCreateRequest& create = *request.mutable_create_request();
  create.set_key(one.watched.key);
  create.set_range_end(one.watched.range_end);
  create.set_start_revision(one.watched.next);
  create.set_watch_id(id);
  create.set_prev_kv(one.watched.prev_kv);
  create.set_progress_notify(one.progress);
  create.set_fragment(one.watched.fragments);
  if (!one.watched.puts) create.add_filters(WatchCreateRequest::NOPUT);
  if (!one.watched.deletions) create.add_filters(WatchCreateRequest::NODELETE);
  connections_.Write(stream.call, request.SerializeAsString());
}

void ServiceClients::OpenStream(Stream& stream) {
  stream.server = ChooseServer();
  const bool elsewhere = stream.last_server != 0 && stream.last_server != stream.server;
  const uint32_t number = stream.client;
  const auto told = [this, number](const std::string& message) { TakeFromStream(*streams_[number], message); };
  const auto ended = [this, number](const runtime::RpcStatus&) {
    streams_[number]->call = 0;
    Later(number, ThinkTime(), [this, number] {
      Stream& again = *streams_[number];
      if (again.call == 0 && !again.watches.empty()) OpenStream(again);
    });
  };
  const bool wants_leader = write_to_ == 0 && world_.choices.Below(4) == 0;
  stream.call = connections_.Begin(number, stream.server, "/etcdserverpb.Watch/Watch", wants_leader, {told, ended});
  for (auto& [id, one] : stream.watches) {
    if (one.watched.next != 0 && stream.last_server != 0) {
      one.watched.resumed = true;
      judge_.Reached(elsewhere ? ServiceGoal::kWatchResumedElsewhere : ServiceGoal::kWatchResumed);
    }
    Create(stream, id);
  }
  stream.last_server = stream.server;
}

void ServiceClients::TakeFromStream(Stream& stream, const std::string& message) {
  const auto response = ReadMessage<WatchResponse>(message);
  const int64_t revision = response.header().revision();
  Saw(stream.client, revision);
  if (response.watch_id() == -1) {
    judge_.Reached(ServiceGoal::kWatchProgressAsked);
    for (auto& [id, one] : stream.watches) {
      if (one.created) judge_.WatchProgress(one.watched, revision);
    }
    return;
  }
  const auto at = stream.watches.find(response.watch_id());
  if (at == stream.watches.end()) return;
  Stream::One& one = at->second;
  if (response.created()) {
    one.created = true;
    judge_.Reached(ServiceGoal::kWatchBegun);
    judge_.WatchBegun(one.watched, revision);
  } else if (response.canceled()) {
    judge_.WatchCompacted(one.watched, response.compact_revision());
    Create(stream, at->first);
  } else if (response.events_size() > 0) {
    judge_.WatchTold(one.watched, response);
  } else {
    judge_.Reached(ServiceGoal::kWatchProgress);
    judge_.WatchProgress(one.watched, revision);
  }
}

void ServiceClients::CloseStream(Stream& stream) {
  if (stream.call != 0) connections_.Cancel(std::exchange(stream.call, 0));
}

void ServiceClients::MoveStream(uint32_t number) {
  Stream& stream = *streams_[number];
  if (stream.watches.empty()) return;
  CloseStream(stream);
  OpenStream(stream);
}

bool ServiceClients::IsUpToDate(const Stream& stream) const {
  return std::all_of(stream.watches.begin(), stream.watches.end(),
                     [this](const auto& one) { return judge_.IsUpToDate(one.second.watched); });
}

// In the end a stream on which nothing comes, though something is missing, is one that nobody hears, or leads to a
// server that is no member: its client tries another.
void ServiceClients::KeepMoving(uint32_t number) {
  Later(number, 8 * world_.scenario.election_timeout_micros, [this, number] {
    if (!stopped_) return;
    if (!IsUpToDate(*streams_[number])) MoveStream(number);
    KeepMoving(number);
  });
}

}  // namespace lockstep::sim

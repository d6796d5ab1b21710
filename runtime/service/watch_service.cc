#include "runtime/service/watch_service.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kvsm/api/watch.pb.h"
#include "kvsm/varint.h"

namespace lockstep::runtime {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchResponse;

constexpr int64_t kNoWatch = -1;          // The id in what concerns all watches of a stream, or none.
constexpr char kEventsTag = 11 << 3 | 2;  // Field 11 of WatchResponse.
constexpr int64_t kProgressRetryMicros = 10'000;

}  // namespace

// What a stream's watches are, and what they are told. It outlives the stream until its watches have ended.
class WatchService::Session final : public WatchSink, public std::enable_shared_from_this<Session> {
 public:
  Session(ServiceContext& context, WatchHub& hub, std::shared_ptr<RpcCall> call)
      : context_(context),
        hub_(hub),
        call_(std::move(call)),
        progress_(context.scheduler),
        notify_(context.scheduler) {}

  void Create(const WatchCreateRequest& request);
  void Cancel(int64_t id);
  void RequestProgress();
  // The stream is gone. Its watches end later, outside of whatever is under way.
  void Close();
  bool closed() const { return closed_; }

  bool Accepts() const override { return call_->unsent_bytes() < context_.options.watch_unsent_bytes_max; }
  void OnEvents(Watch& watch, const std::vector<EncodedEvent>& events, kvsm::Revision revision) override;
  void OnCompacted(Watch& watch, kvsm::Revision compact_revision) override;

 private:
  struct Told {
    Watch* watch = nullptr;
    bool fragment = false;
    bool progress_notify = false;
    bool told_since = false;  // Since the last notice of progress.
  };

  kvsm::Revision now() const { return context_.keys().revision(); }
  void Send(kvsm::Revision revision, const WatchResponse& response) {
    call_->Send(context_.Headed(revision, response));
  }
  void Remove(int64_t id);
  bool AllUpToDate() const;
  void SetNotify();
  void Notify();

  ServiceContext& context_;
  WatchHub& hub_;
  const std::shared_ptr<RpcCall> call_;
  std::map<int64_t, Told> watches_;
  int64_t next_id_ = 0;
  bool closed_ = false;
  Timer progress_;  // Progress that was asked for and cannot be told yet.
  Timer notify_;
};

void WatchService::Session::Create(const WatchCreateRequest& request) {
  WatchResponse response;
  response.set_created(true);
  WatchWish wish;
  wish.key = request.key().empty() ? std::string(1, '\0') : request.key();
  wish.range_end = request.range_end();
  wish.first = request.start_revision();
  wish.prev_kv = request.prev_kv();
  for (const int filter : request.filters()) {
    if (filter == WatchCreateRequest::NOPUT) wish.puts = false;
    if (filter == WatchCreateRequest::NODELETE) wish.deletions = false;
  }
  const kvsm::KeyRange range = kvsm::KeyRange::Of(wish.key, wish.range_end);
  const char* refusal = nullptr;
  if (range.kind == kvsm::KeyRange::Kind::kBetween && range.begin >= range.end) {
    refusal = "mvcc: watcher range is empty";
  } else if (request.watch_id() != 0 && watches_.contains(request.watch_id())) {
    refusal = "mvcc: duplicate watch ID provided on the WatchStream";
  } else if (request.start_revision() < 0) {
    wish.first = 0;
  }
  if (refusal != nullptr) {
    response.set_watch_id(kNoWatch);
    response.set_canceled(true);
    response.set_cancel_reason(refusal);
    return Send(now(), response);
  }
  wish.id = request.watch_id();
  if (wish.id == 0) {
    while (watches_.contains(next_id_)) ++next_id_;
    wish.id = next_id_++;
  }
  response.set_watch_id(wish.id);
  Send(now(), response);
  Told& told = watches_[wish.id];
  told.fragment = request.fragment();
  told.progress_notify = request.progress_notify();
  told.watch = hub_.Begin(std::move(wish), *this);
  if (told.progress_notify && !notify_.is_set()) SetNotify();
}

void WatchService::Session::Remove(int64_t id) {
  const auto at = watches_.find(id);
  hub_.End(at->second.watch);
  watches_.erase(at);
}

void WatchService::Session::Cancel(int64_t id) {
  if (!watches_.contains(id)) return;
  Remove(id);
  WatchResponse response;
  response.set_watch_id(id);
  response.set_canceled(true);
  Send(now(), response);
}

void WatchService::Session::Close() {
  if (closed_) return;
  closed_ = true;
  progress_.Stop();
  notify_.Stop();
  context_.scheduler.RunAfter(0, [self = shared_from_this()] {
    while (!self->watches_.empty()) self->Remove(self->watches_.begin()->first);
  });
}

void WatchService::Session::OnEvents(Watch& watch, const std::vector<EncodedEvent>& events, kvsm::Revision revision) {
  Told& told = watches_.at(watch.wish().id);
  told.told_since = true;
  const ServiceOptions& options = context_.options;
  const size_t bytes_max = told.fragment ? options.request_bytes_max + options.watch_overhead_bytes : SIZE_MAX;
  WatchResponse response;
  response.set_watch_id(watch.wish().id);
  for (size_t at = 0; at < events.size();) {
    std::string body;
    do {
      body.push_back(kEventsTag);
      kvsm::AppendVarint(body, events[at]->size());
      body += *events[at];
      ++at;
    } while (at < events.size() && body.size() + events[at]->size() < bytes_max);
    response.set_fragment(at < events.size());
    std::string bytes = context_.Headed(revision, response);
    bytes += body;
    call_->Send(std::move(bytes));
  }
}

void WatchService::Session::OnCompacted(Watch& watch, kvsm::Revision compact_revision) {
  const int64_t id = watch.wish().id;
  WatchResponse response;
  response.set_watch_id(id);
  response.set_canceled(true);
  response.set_compact_revision(compact_revision);
  Send(0, response);  // As etcd's, it tells of no revision.
  context_.scheduler.RunAfter(0, [self = shared_from_this(), id, ended = &watch] {
    const auto at = self->watches_.find(id);
    if (at != self->watches_.end() && at->second.watch == ended) self->Remove(id);
  });
}

// ---- Progress: a promise that nothing up to a revision is still to come.

bool WatchService::Session::AllUpToDate() const {
  if (hub_.told() < now()) return false;
  for (const auto& [id, told] : watches_) {
    if (told.watch->is_behind()) return false;
  }
  return true;
}

void WatchService::Session::RequestProgress() {
  if (!AllUpToDate()) return progress_.Set(kProgressRetryMicros, [this] { RequestProgress(); });
  WatchResponse response;
  response.set_watch_id(kNoWatch);
  Send(hub_.told(), response);
}

void WatchService::Session::SetNotify() {
  notify_.Set(context_.options.progress_notify_micros, [this] { Notify(); });
}

void WatchService::Session::Notify() {
  SetNotify();
  const bool up_to_date = hub_.told() == now();
  for (auto& [id, told] : watches_) {
    const bool silent = !std::exchange(told.told_since, false);
    if (!told.progress_notify || !silent || !up_to_date || told.watch->is_behind()) continue;
    WatchResponse response;
    response.set_watch_id(id);
    Send(hub_.told(), response);
  }
}

class WatchService::Stream final : public RpcStream {
 public:
  Stream(WatchHub& hub, std::shared_ptr<Session> session, std::shared_ptr<RpcCall> call)
      : hub_(hub), session_(std::move(session)), call_(std::move(call)) {}
  ~Stream() override { session_->Close(); }

  void OnMessage(std::string_view message) override {
    etcdserverpb::WatchRequest request;
    if (session_->closed() || !ParseRequest(message, request, *call_)) return;
    if (request.has_create_request()) session_->Create(request.create_request());
    if (request.has_cancel_request()) session_->Cancel(request.cancel_request().watch_id());
    if (request.has_progress_request()) session_->RequestProgress();
  }
  void OnHalfClosed() override {}
  void OnProgress() override { hub_.Resume(); }
  void OnEnded() override { session_->Close(); }

 private:
  WatchHub& hub_;
  const std::shared_ptr<Session> session_;
  const std::shared_ptr<RpcCall> call_;
};

void WatchService::Register(RpcMethods& methods) {
  methods.Add("/etcdserverpb.Watch/Watch",
              RpcBegin([this](std::shared_ptr<RpcCall> call) -> std::unique_ptr<RpcStream> {
                auto session = std::make_shared<Session>(context_, hub_, call);
                return std::make_unique<Stream>(hub_, std::move(session), std::move(call));
              }));
}

}  // namespace lockstep::runtime

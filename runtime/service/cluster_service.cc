#include "runtime/service/cluster_service.h"

#include <algorithm>
#include <utility>

namespace lockstep::runtime {
namespace {

using etcdserverpb::Member;
using kvsm::CommandKind;
using kvsm::Error;
using kvsm::proto::ChangeMember;

constexpr int64_t kPublishMicros = 500'000;
constexpr int64_t kReconcileMicros = 50'000;
constexpr uint64_t kRoundsMax = 50;  // Heartbeats that a live member may leave unanswered.

NodeId NodeOf(uint64_t member) { return {kvsm::NumberOf(member), kvsm::IncarnationOf(member)}; }

// "http://host:port", https, and nothing behind.
bool IsPeerUrl(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    const size_t colon = url.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == url.size()) return false;
    const std::string_view port = url.substr(colon + 1);
    return std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  return false;
}

template <typename Urls>
bool ArePeerUrls(const Urls& urls) {
  return !urls.empty() && std::all_of(urls.begin(), urls.end(), [](const std::string& url) { return IsPeerUrl(url); });
}

template <typename Response>
void SetMembers(const kvsm::proto::ChangeMemberReply& reply, Response& response) {
  *response.mutable_members() = reply.members();
}

}  // namespace

ClusterService::ClusterService(ServiceContext& context)
    : context_(context), publish_(context.scheduler), reconcile_(context.scheduler) {
  context_.submitter.SetTermBegun([this] { OnChanged(); });
}

// A change is made where the leader is, whichever node it comes to.
void ClusterService::Register(RpcMethods& methods) {
  for (const char* const name : {"MemberAdd", "MemberRemove", "MemberUpdate", "MemberPromote"}) {
    const std::string method = std::string("/etcdserverpb.Cluster/") + name;
    methods.Add(method, RpcUnary([this, method](std::string_view bytes, Call call) {
                  context_.submitter.CallLeader(method, bytes,
                                                [this, call](const RpcStatus& status, std::string_view response) {
                                                  if (!status.ok()) return call->Finish(status);
                                                  call->Reply(context_.Headed(0, response));
                                                });
                }));
  }
  methods.Add("/etcdserverpb.Cluster/MemberList",
              RpcUnary([this](std::string_view bytes, Call call) { List(bytes, std::move(call)); }));
}

void ClusterService::Run(std::string_view method, std::string_view bytes, Done done) {
  queue_.push_back({std::string(method), std::string(bytes), std::move(done)});
  if (queue_.size() == 1) BeginNext();
}

void ClusterService::BeginNext() {
  const std::string method = std::move(queue_.front().method);
  const std::string request = std::move(queue_.front().request);
  Begin(method, request, [this](const RpcStatus& status, std::string_view response) {
    const Done done = std::move(queue_.front().done);
    queue_.pop_front();
    done(status, response);
    // Not within the call: there may be many that are refused.
    if (!queue_.empty()) context_.scheduler.RunAfter(0, [this] { BeginNext(); });
  });
}

void ClusterService::Begin(std::string_view method, const std::string& bytes, Done done) {
  const std::string_view name = method.substr(method.rfind('/') + 1);
  etcdserverpb::MemberAddRequest add;
  etcdserverpb::MemberRemoveRequest remove;
  etcdserverpb::MemberUpdateRequest update;
  etcdserverpb::MemberPromoteRequest promote;
  if (name == "MemberAdd" && add.ParseFromString(bytes)) return Add(add, std::move(done));
  if (name == "MemberRemove" && remove.ParseFromString(bytes)) return Remove(remove, std::move(done));
  if (name == "MemberUpdate" && update.ParseFromString(bytes)) return Update(update, std::move(done));
  if (name == "MemberPromote" && promote.ParseFromString(bytes)) return Promote(promote, std::move(done));
  done({RpcCode::kInternal, "grpc: the request cannot be read"}, "");
}

void ClusterService::List(std::string_view bytes, Call call) {
  etcdserverpb::MemberListRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  const auto answer = [this, call] {
    etcdserverpb::MemberListResponse response;
    for (const auto& [id, member] : context_.keys().members().all()) *response.add_members() = member;
    call->Reply(context_.Headed(0, response));
  };
  if (!request.linearizable()) return answer();
  context_.reads.Await([call, answer](const RpcStatus& status) {
    if (!status.ok()) return call->Finish(status);
    answer();
  });
}

// ---- The table, and the configuration behind it.

void ClusterService::ChangeTable(ChangeMember::Action action, const Member& member, Done done, Then then) {
  ChangeMember change;
  change.set_action(action);
  *change.mutable_member() = member;
  context_.submitter.Submit(
      CommandKind::kChangeMember, change.SerializeAsString(),
      [done = std::move(done), then = std::move(then)](const RpcStatus& status, const kvsm::Reply& reply) {
        kvsm::proto::ChangeMemberReply told;
        if (!status.ok()) return done(status, "");
        told.ParseFromArray(reply.body.data(), static_cast<int>(reply.body.size()));
        then(told);
      });
}

void ClusterService::Await(uint64_t member, std::string response, Done done) {
  waiting_.push_back({member, std::move(response), std::move(done)});
  OnChanged();
}

void ClusterService::EndWaiting(uint64_t member, Error error) {
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (member != 0 && member != waiting.member) {
      waiting_.push_back(std::move(waiting));
    } else if (error == Error::kNone) {
      waiting.done({}, waiting.response);
    } else {
      waiting.done(StatusOf(error), "");
    }
  }
}

// The first difference. Whoever joins comes before whoever leaves.
std::optional<MemberChange> ClusterService::NextStep() const {
  const auto& members = context_.keys().members().all();
  const Configuration& now = context_.replica->state().configuration();
  for (const auto& [id, member] : members) {
    const NodeId node = NodeOf(id);
    if (!(member.islearner() ? now.learners : now.voters).contains(node)) {
      return MemberChange{member.islearner() ? ChangeKind::kAddLearner : ChangeKind::kAddVoter, node};
    }
  }
  for (const NodeId node : now.Members()) {
    if (!members.contains(kvsm::MemberId(node.number, node.incarnation)))
      return MemberChange{ChangeKind::kRemove, node};
  }
  return std::nullopt;
}

// Only a leader that has applied everything before its term knows what the table says. Before there are founders in
// the table it says nothing.
void ClusterService::Reconcile() {
  if (context_.replica == nullptr || is_changing_) return;
  if (!context_.submitter.leads()) return EndWaiting(0, Error::kTimeoutDueToLeaderFail);
  if (!context_.submitter.has_begun() || context_.keys().members().last_number() == 0) return;
  const std::optional<MemberChange> step = NextStep();
  if (!step.has_value()) return EndWaiting(0, Error::kNone);
  ConfigurationChange change;
  change.members.push_back(*step);
  const auto asked = context_.replica->ChangeConfiguration(
      change, [this, step = *step](const Answer& answer) { OnStepEnded(step, answer); });
  is_changing_ = asked.ok();
  if (!asked.ok()) reconcile_.Set(kReconcileMicros, [this] { Reconcile(); });
}

void ClusterService::OnStepEnded(MemberChange step, const Answer& answer) {
  is_changing_ = false;
  // A leader that has removed itself leads no more: it answers before it notices.
  if (answer.status.ok()) EndWaiting(kvsm::MemberId(step.node.number, step.node.incarnation), Error::kNone);
  reconcile_.Set(answer.status.ok() ? 0 : kReconcileMicros, [this] { Reconcile(); });
}

// ---- What the leader checks before.

bool ClusterService::IsActive(uint64_t member) const {
  if (member == context_.self()) return true;
  const LeaderState& leading = context_.replica->state().leading;
  for (const Peer& peer : leading.peers) {
    if (peer.id != NodeOf(member)) continue;
    return peer.progress.recently_active || peer.progress.acked_round + kRoundsMax > leading.round;
  }
  return false;
}

bool ClusterService::IsCaughtUp(uint64_t member) const {
  const State& state = context_.replica->state();
  for (const Peer& peer : state.leading.peers) {
    if (peer.id == NodeOf(member)) return peer.progress.match_index * 10 >= state.log.last_index() * 9;
  }
  return false;
}

Error ClusterService::MayAddVoter() const {
  size_t voters = 1;  // The new one, which has yet to start.
  size_t started = 0;
  bool all_active = true;
  for (const auto& [id, member] : context_.keys().members().all()) {
    if (member.islearner()) continue;
    ++voters;
    if (!member.name().empty()) ++started;
    all_active = all_active && IsActive(id);
  }
  const bool grows_from_one = voters == 2 && started == 1;
  if (!grows_from_one && started < voters / 2 + 1) return Error::kMemberNotEnoughStarted;
  return all_active ? Error::kNone : Error::kUnhealthy;
}

Error ClusterService::MayRemoveVoter(uint64_t removed) const {
  size_t voters = 0;
  size_t started = 0;
  size_t active = 0;
  for (const auto& [id, member] : context_.keys().members().all()) {
    if (member.islearner() || id == removed) continue;
    ++voters;
    if (!member.name().empty()) ++started;
    if (IsActive(id)) ++active;
  }
  if (started < voters / 2 + 1) return Error::kMemberNotEnoughStarted;
  if (!IsActive(removed)) return Error::kNone;  // It is not missed.
  return active < voters / 2 + 1 ? Error::kUnhealthy : Error::kNone;
}

// ---- Changes.

void ClusterService::Add(const etcdserverpb::MemberAddRequest& request, Done done) {
  if (!ArePeerUrls(request.peerurls())) return done(StatusOf(Error::kMemberBadUrls), "");
  if (context_.keys().members().last_number() == 0) return done(StatusOf(Error::kUnhealthy), "");
  const Error error = request.islearner() ? Error::kNone : MayAddVoter();
  if (error != Error::kNone) return done(StatusOf(error), "");
  Member member;
  *member.mutable_peerurls() = request.peerurls();
  member.set_islearner(request.islearner());
  ChangeTable(ChangeMember::ADD, member, done, [this, done](const kvsm::proto::ChangeMemberReply& reply) {
    etcdserverpb::MemberAddResponse response;
    *response.mutable_member() = reply.member();
    SetMembers(reply, response);
    // Of two voters both are needed: nothing is decided until the new one has started, and whoever is to start it waits
    // for this answer.
    const bool is_needed = !reply.member().islearner() && context_.replica->state().configuration().voters.size() == 1;
    if (is_needed) return done({}, response.SerializeAsString());
    Await(reply.member().id(), response.SerializeAsString(), done);
  });
}

void ClusterService::Remove(const etcdserverpb::MemberRemoveRequest& request, Done done) {
  const auto& members = context_.keys().members().all();
  const auto at = members.find(request.id());
  if (at == members.end()) return done(StatusOf(Error::kMemberNotFound), "");
  const Error error = at->second.islearner() ? Error::kNone : MayRemoveVoter(request.id());
  if (error != Error::kNone) return done(StatusOf(error), "");
  ChangeTable(ChangeMember::REMOVE, at->second, done, [this, done](const kvsm::proto::ChangeMemberReply& reply) {
    etcdserverpb::MemberRemoveResponse response;
    SetMembers(reply, response);
    Await(reply.member().id(), response.SerializeAsString(), done);
  });
}

void ClusterService::Update(const etcdserverpb::MemberUpdateRequest& request, Done done) {
  if (!ArePeerUrls(request.peerurls())) return done(StatusOf(Error::kMemberBadUrls), "");
  Member member;
  member.set_id(request.id());
  *member.mutable_peerurls() = request.peerurls();
  ChangeTable(ChangeMember::UPDATE, member, done, [done](const kvsm::proto::ChangeMemberReply& reply) {
    etcdserverpb::MemberUpdateResponse response;
    SetMembers(reply, response);
    done({}, response.SerializeAsString());
  });
}

void ClusterService::Promote(const etcdserverpb::MemberPromoteRequest& request, Done done) {
  const auto& members = context_.keys().members().all();
  const auto at = members.find(request.id());
  if (at == members.end()) return done(StatusOf(Error::kMemberNotFound), "");
  if (!at->second.islearner()) return done(StatusOf(Error::kMemberNotLearner), "");
  if (!IsCaughtUp(request.id())) return done(StatusOf(Error::kLearnerNotReady), "");
  ChangeTable(ChangeMember::PROMOTE, at->second, done, [this, done](const kvsm::proto::ChangeMemberReply& reply) {
    etcdserverpb::MemberPromoteResponse response;
    SetMembers(reply, response);
    Await(reply.member().id(), response.SerializeAsString(), done);
  });
}

// ---- Who is there from the beginning.

void ClusterService::Found() {
  ChangeMember change;
  change.set_action(ChangeMember::FOUND);
  for (const ServiceOptions::Founder& founder : context_.options.founders) {
    Member& member = *change.add_members();
    member.set_id(kvsm::MemberId(founder.node.number, founder.node.incarnation));
    member.set_name(founder.name);
    for (const std::string& url : founder.peer_urls) member.add_peerurls(url);
  }
  context_.submitter.Submit(CommandKind::kChangeMember, change.SerializeAsString(),
                            [](const RpcStatus&, const kvsm::Reply&) {});
}

void ClusterService::Publish() {
  const ServiceOptions& options = context_.options;
  if (options.name.empty() || context_.replica == nullptr) return;
  const kvsm::Members& members = context_.keys().members();
  if (context_.submitter.leads() && members.last_number() == 0 && !options.founders.empty()) Found();
  const auto at = members.all().find(context_.self());
  const bool is_known = at != members.all().end() && at->second.name() == options.name &&
                        std::equal(at->second.clienturls().begin(), at->second.clienturls().end(),
                                   options.client_urls.begin(), options.client_urls.end());
  if (!is_known && at != members.all().end()) {
    ChangeMember change;
    change.set_action(ChangeMember::PUBLISH);
    change.mutable_member()->set_id(context_.self());
    change.mutable_member()->set_name(options.name);
    for (const std::string& url : options.client_urls) change.mutable_member()->add_clienturls(url);
    context_.submitter.Submit(CommandKind::kChangeMember, change.SerializeAsString(),
                              [](const RpcStatus&, const kvsm::Reply&) {});
  }
  if (!is_known) publish_.Set(kPublishMicros, [this] { Publish(); });
}

}  // namespace lockstep::runtime

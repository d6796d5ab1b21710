#include "runtime/service/cluster_service.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace lockstep::runtime {
namespace {

using etcdserverpb::Member;
using kvsm::CommandKind;
using kvsm::Error;
using kvsm::proto::ChangeMember;

constexpr int64_t kPublishMicros = 500'000;
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
  const auto parse = [bytes](google::protobuf::MessageLite& request) {
    return request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  };
  const std::string_view name = method.substr(method.rfind('/') + 1);
  etcdserverpb::MemberAddRequest add;
  etcdserverpb::MemberRemoveRequest remove;
  etcdserverpb::MemberUpdateRequest update;
  etcdserverpb::MemberPromoteRequest promote;
  if (name == "MemberAdd" && parse(add)) return Add(add, std::move(done));
  if (name == "MemberRemove" && parse(remove)) return Remove(remove, std::move(done));
  if (name == "MemberUpdate" && parse(update)) return Update(update, std::move(done));
  if (name == "MemberPromote" && parse(promote)) return Promote(promote, std::move(done));
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

// ---- The two things that change.

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
        then(told, reply.revision);
      });
}

void ClusterService::ChangeConfiguration(ChangeKind kind, uint64_t member, std::function<void(const RpcStatus&)> done) {
  ConfigurationChange change;
  change.members.push_back({kind, NodeOf(member)});
  const auto asked = context_.replica->ChangeConfiguration(change, [done](const Answer& answer) {
    if (answer.status.ok()) return done({});
    const bool unknown = absl::IsUnknown(answer.status);
    done(StatusOf(unknown ? Error::kTimeoutDueToLeaderFail : Error::kUnhealthy));
  });
  if (!asked.ok()) done(StatusOf(Error::kTooManyRequests));
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
  const Error error = request.islearner() ? Error::kNone : MayAddVoter();
  if (error != Error::kNone) return done(StatusOf(error), "");
  Member member;
  *member.mutable_peerurls() = request.peerurls();
  member.set_islearner(request.islearner());
  ChangeTable(ChangeMember::ADD, member, done, [this, done](const kvsm::proto::ChangeMemberReply& reply, int64_t) {
    const auto added = reply.member();
    etcdserverpb::MemberAddResponse response;
    *response.mutable_member() = added;
    SetMembers(reply, response);
    const ChangeKind kind = added.islearner() ? ChangeKind::kAddLearner : ChangeKind::kAddVoter;
    // Of two voters both are needed: nothing is decided until the new one has started, and whoever is to start it waits
    // for this answer.
    const bool is_needed = !added.islearner() && context_.replica->state().configuration().voters.size() == 1;
    if (is_needed) done({}, response.SerializeAsString());
    const Done told = is_needed ? Done([](const RpcStatus&, std::string_view) {}) : done;
    ChangeConfiguration(kind, added.id(), [this, told, added, response](const RpcStatus& status) {
      if (status.ok()) return told({}, response.SerializeAsString());
      const auto told_back = [told, status](const RpcStatus&, std::string_view) { told(status, ""); };
      ChangeTable(ChangeMember::REMOVE, added, told_back,
                  [told, status](const kvsm::proto::ChangeMemberReply&, int64_t) { told(status, ""); });
    });
  });
}

void ClusterService::Remove(const etcdserverpb::MemberRemoveRequest& request, Done done) {
  const auto& members = context_.keys().members().all();
  const auto at = members.find(request.id());
  if (at == members.end()) return done(StatusOf(Error::kMemberNotFound), "");
  const Error error = at->second.islearner() ? Error::kNone : MayRemoveVoter(request.id());
  if (error != Error::kNone) return done(StatusOf(error), "");
  const Member removed = at->second;
  ChangeTable(ChangeMember::REMOVE, removed, done,
              [this, done, removed](const kvsm::proto::ChangeMemberReply& reply, int64_t) {
                etcdserverpb::MemberRemoveResponse response;
                SetMembers(reply, response);
                ChangeConfiguration(
                    ChangeKind::kRemove, removed.id(), [this, done, removed, response](const RpcStatus& status) {
                      if (status.ok()) return done({}, response.SerializeAsString());
                      const auto told_back = [done, status](const RpcStatus&, std::string_view) { done(status, ""); };
                      ChangeTable(ChangeMember::ADD, removed, told_back,
                                  [done, status](const kvsm::proto::ChangeMemberReply&, int64_t) { done(status, ""); });
                    });
              });
}

void ClusterService::Update(const etcdserverpb::MemberUpdateRequest& request, Done done) {
  if (!ArePeerUrls(request.peerurls())) return done(StatusOf(Error::kMemberBadUrls), "");
  Member member;
  member.set_id(request.id());
  *member.mutable_peerurls() = request.peerurls();
  ChangeTable(ChangeMember::UPDATE, member, done, [done](const kvsm::proto::ChangeMemberReply& reply, int64_t) {
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
  const Member member = at->second;
  ChangeConfiguration(ChangeKind::kAddVoter, member.id(), [this, done, member](const RpcStatus& status) {
    if (!status.ok()) return done(status, "");
    ChangeTable(ChangeMember::PROMOTE, member, done, [done](const kvsm::proto::ChangeMemberReply& reply, int64_t) {
      etcdserverpb::MemberPromoteResponse response;
      SetMembers(reply, response);
      done({}, response.SerializeAsString());
    });
  });
}

// ---- Who is there from the beginning.

void ClusterService::AddFounders() {
  for (const ServiceOptions::Founder& founder : context_.options.founders) {
    ChangeMember change;
    change.set_action(ChangeMember::ADD);
    Member& member = *change.mutable_member();
    member.set_id(kvsm::MemberId(founder.node.number, founder.node.incarnation));
    member.set_name(founder.name);
    for (const std::string& url : founder.peer_urls) member.add_peerurls(url);
    context_.submitter.Submit(CommandKind::kChangeMember, change.SerializeAsString(),
                              [](const RpcStatus&, const kvsm::Reply&) {});
  }
}

void ClusterService::Publish() {
  const ServiceOptions& options = context_.options;
  if (options.name.empty() || context_.replica == nullptr) return;
  const kvsm::Members& members = context_.keys().members();
  if (context_.submitter.leads() && members.last_number() == 0) AddFounders();
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

// ClusterService: etcdserverpb.Cluster: who belongs to the cluster.
//
// Two things say so: the log's configuration, by which nodes vote, and the table of members, by which clients and nodes
// find each other. Changes are made by the leader, one after the other: of what is added and removed the table is told
// first, and told back if the configuration refuses; a learner is promoted in the configuration first.
#ifndef LOCKSTEP_RUNTIME_SERVICE_CLUSTER_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_CLUSTER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kvsm/api/cluster.pb.h"
#include "runtime/service/context.h"

namespace lockstep::runtime {

class ClusterService {
 public:
  explicit ClusterService(ServiceContext& context) : context_(context), publish_(context.scheduler) {}
  void Register(RpcMethods& methods);

  // Carries out a method at this node, which leads.
  void Run(std::string_view method, std::string_view request, Submitter::CallDone done);

  // Tells the cluster this member's name and where its clients find it, until the cluster has heard it; the leader of
  // a new cluster tells it of its founders before.
  void Publish();

 private:
  using Call = std::shared_ptr<RpcCall>;
  using Done = Submitter::CallDone;

  void List(std::string_view bytes, Call call);
  void Add(const etcdserverpb::MemberAddRequest& request, Done done);
  void Remove(const etcdserverpb::MemberRemoveRequest& request, Done done);
  void Update(const etcdserverpb::MemberUpdateRequest& request, Done done);
  void Promote(const etcdserverpb::MemberPromoteRequest& request, Done done);

  // Changes the table. `then` is called if it has been changed; else `done`.
  using Then = std::function<void(const kvsm::proto::ChangeMemberReply& reply, int64_t revision)>;
  void ChangeTable(kvsm::proto::ChangeMember::Action action, const etcdserverpb::Member& member, Done done, Then then);
  // Changes the configuration. Errors: kUnhealthy if it refuses.
  void ChangeConfiguration(ChangeKind kind, uint64_t member, std::function<void(const RpcStatus&)> done);
  // Whether voters enough would go on without one, or with one that has yet to start.
  kvsm::Error MayAddVoter() const;
  kvsm::Error MayRemoveVoter(uint64_t member) const;
  bool IsActive(uint64_t member) const;
  bool IsCaughtUp(uint64_t member) const;
  void AddFounders();

  ServiceContext& context_;
  Timer publish_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_CLUSTER_SERVICE_H_

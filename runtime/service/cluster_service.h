// ClusterService: etcdserverpb.Cluster: who belongs to the cluster.
//
//     request --> [leader checks] --> command: the table of members --> the log's configuration follows --> answer
//
// A change is one command: once it is in the table it is decided. The configuration, by which nodes vote, follows: the
// leader compares the two whenever the table changes and when its term begins, and changes the configuration one member
// at a time until they agree. So whoever leads goes on where the last leader was, and nothing is ever taken back. The
// leader takes requests one after the other.
#ifndef LOCKSTEP_RUNTIME_SERVICE_CLUSTER_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_CLUSTER_SERVICE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kvsm/api/cluster.pb.h"
#include "runtime/service/context.h"

namespace lockstep::runtime {

class ClusterService {
 public:
  explicit ClusterService(ServiceContext& context);
  void Register(RpcMethods& methods);

  // Carries out a method at this node, which leads.
  void Run(std::string_view method, std::string_view request, Submitter::CallDone done);

  // Tells the cluster this member's name and where its clients find it, until the cluster has heard it; the leader of
  // a new cluster tells it of its founders before.
  void Publish();

  // The table, the role, or who leads may have changed. Later: nothing happens within the call.
  void OnChanged() {
    reconcile_.Set(0, [this] { Reconcile(); });
  }

 private:
  using Call = std::shared_ptr<RpcCall>;
  using Done = Submitter::CallDone;

  // What is to be answered once the configuration agrees with the table.
  struct Waiting {
    uint64_t member = 0;
    std::string response;
    Done done;
  };

  void List(std::string_view bytes, Call call);
  // One of these at a time.
  void Begin(std::string_view method, const std::string& request, Done done);
  void BeginNext();
  void Add(const etcdserverpb::MemberAddRequest& request, Done done);
  void Remove(const etcdserverpb::MemberRemoveRequest& request, Done done);
  void Update(const etcdserverpb::MemberUpdateRequest& request, Done done);
  void Promote(const etcdserverpb::MemberPromoteRequest& request, Done done);

  // Changes the table. `then` is called if it has been changed; else `done`.
  using Then = std::function<void(const kvsm::proto::ChangeMemberReply& reply)>;
  void ChangeTable(kvsm::proto::ChangeMember::Action action, const etcdserverpb::Member& member, Done done, Then then);
  // Answers `done` with this response once the configuration has followed.
  void Await(uint64_t member, std::string response, Done done);

  // Takes the configuration one step to what the table says.
  void Reconcile();
  std::optional<MemberChange> NextStep() const;
  void OnStepEnded(MemberChange step, const Answer& answer);
  // Answers those that wait for this member; 0: for any.
  void EndWaiting(uint64_t member, kvsm::Error error);

  // Whether voters enough would go on without one, or with one that has yet to start.
  kvsm::Error MayAddVoter() const;
  kvsm::Error MayRemoveVoter(uint64_t member) const;
  bool IsActive(uint64_t member) const;
  bool IsCaughtUp(uint64_t member) const;
  void Found();

  ServiceContext& context_;
  struct Queued {
    std::string method;
    std::string request;
    Done done;
  };
  std::deque<Queued> queue_;  // The first is under way.
  std::vector<Waiting> waiting_;
  bool is_changing_ = false;  // The configuration, at this moment.
  Timer publish_;
  Timer reconcile_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_CLUSTER_SERVICE_H_

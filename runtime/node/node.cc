#include "runtime/node/node.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

absl::Status Invalid(const std::string& what) { return absl::InvalidArgumentError("node options: " + what); }

}  // namespace

absl::Status ValidateNodeOptions(const NodeOptions& options) {
  if (options.cluster == 0) return Invalid("`cluster` is 0: draw a number for the cluster, once");
  if (options.id.number == 0) return Invalid("`id` has no number: nodes are numbered from 1");
  if (options.directory.empty()) return Invalid("`directory` is empty");
  if (options.driver.heartbeat_micros <= 0) return Invalid("`driver.heartbeat_micros` is not positive");
  if (options.driver.election_timeout_micros < 2 * options.driver.heartbeat_micros) {
    return Invalid("`driver.election_timeout_micros` is below two heartbeats: followers would not wait for one");
  }
  if (options.driver.election_spread_percent < 1 || options.driver.election_spread_percent > 1000) {
    return Invalid("`driver.election_spread_percent` is not within 1 to 1000");
  }
  if (options.founding.has_value()) {
    if (absl::Status status = ValidateConfiguration(*options.founding); !status.ok()) {
      return Invalid(absl::StrCat("`founding`: ", std::string(status.message())));
    }
    if (!options.founding->IsMember(options.id)) {
      return Invalid(absl::StrCat("`founding` is ", ToString(*options.founding), ", without this node, ",
                                  ToString(options.id), ": a node that joins later has none"));
    }
  }
  return ValidateOptions(options.driver.core);
}

absl::StatusOr<std::unique_ptr<Node>> Node::Start(EventLoop& loop, const NodeOptions& options, StateMachine& machine,
                                                  NodeObserver* observer) {
  if (absl::Status status = ValidateNodeOptions(options); !status.ok()) return status;
  std::unique_ptr<Node> node(new Node(loop, options, observer));
  absl::Status status = node->OpenFiles();
  if (status.ok()) status = node->OpenNetwork();
  if (status.ok()) status = node->OpenDriver(machine);
  if (!status.ok()) return status;
  return node;
}

Node::Node(EventLoop& loop, const NodeOptions& options, NodeObserver* observer)
    : loop_(loop), options_(options), observer_(observer) {}

Node::~Node() {
  if (peers_ != nullptr) peers_->SetReceiver(options_.group, nullptr);
  if (driver_ != nullptr) data_.log->Rest();
}

absl::Status Node::OpenFiles() {
  auto files = PosixFiles::Make(loop_, options_.directory, SyncMethod::kBest);
  if (!files.ok()) return files.status();
  files_ = *std::move(files);
  auto lock = LockFolder(options_.directory);
  if (!lock.ok()) return lock.status();
  lock_ = *std::move(lock);
  auto data = OpenDataDirectory(*files_, entropy_,
                                {.identity = {options_.cluster, options_.group, options_.id},
                                 .segment_bytes = options_.segment_bytes,
                                 .founding = options_.founding});
  if (!data.ok()) {
    return absl::Status(data.status().code(),
                        absl::StrCat(options_.directory, ": ", std::string(data.status().message())));
  }
  data_ = *std::move(data);
  return absl::OkStatus();
}

absl::Status Node::OpenNetwork() {
  std::shared_ptr<TlsContext> tls;
  if (options_.tls.has_value()) {
    auto loaded = TlsContext::Load(*options_.tls, options_.tls_policy);
    if (!loaded.ok()) return loaded.status();
    tls = *std::move(loaded);
  }
  network_ = std::make_unique<TcpNetwork>(loop_, std::move(tls));
  if (options_.wrap_network) shared_network_ = options_.wrap_network(*network_);
  Network& network = shared_network_ != nullptr ? *shared_network_ : static_cast<Network&>(*network_);
  PeersOptions peers;
  peers.checks_names = options_.checks_certificate_names;
  peers.cluster = options_.cluster;
  peers.self = options_.id;
  peers.listen_address = options_.listen_address;
  peers.announced_address = options_.announced_address;
  peers.send_bytes_max = options_.send_bytes_max;
  peers_ = std::make_unique<Peers>(loop_, entropy_, network, peers, observer_);
  for (const auto& [peer, address] : options_.addresses) {
    if (peer != options_.id) peers_->SetAddress(peer, address);
  }
  return peers_->Listen();
}

absl::Status Node::OpenDriver(StateMachine& machine) {
  DriverOptions mine = options_.driver;
  mine.id = options_.id;
  mine.group = options_.group;
  auto driver = Driver::Start({loop_, loop_, entropy_, *files_, *data_.log, *data_.snapshots, machine, *peers_}, mine,
                              data_.stored, observer_);
  if (!driver.ok()) {
    return absl::Status(driver.status().code(),
                        absl::StrCat(options_.directory, ": ", std::string(driver.status().message())));
  }
  driver_ = *std::move(driver);
  data_.stored = {};
  peers_->SetReceiver(options_.group, driver_.get());
  return absl::OkStatus();
}

void Node::HandOver(AnswerDone done) {
  NodeId target;
  Index most = 0;
  for (const Peer& peer : state().leading.peers) {
    const bool fits = state().configuration().voters.contains(peer.id) && peer.progress.recently_active;
    if (!fits || (target != kNoNode && peer.progress.match_index <= most)) continue;
    target = peer.id;
    most = peer.progress.match_index;
  }
  if (target == kNoNode) {
    const absl::Status status =
        state().role == Role::kLeader
            ? absl::UnavailableError("leadership stays here: no other voter answers that could take it over")
            : absl::OkStatus();
    loop_.RunAfter(0, [done = std::move(done), status] { done({status, effect::Reason::kNone, kNoNode, 0, ""}); });
    return;
  }
  const auto id = TransferLeadership(target, done);
  if (id.ok()) return;
  loop_.RunAfter(0, [done = std::move(done), status = id.status()] {
    done({status, effect::Reason::kNone, kNoNode, 0, ""});
  });
}

NodeStatus Node::status() const {
  const State& state = driver_->state();
  return {.id = options_.id,
          .role = state.role,
          .term = state.current_term,
          .leader = state.leader,
          .first_index = state.log.first_index(),
          .last_index = state.log.last_index(),
          .durable_index = state.storage.durable_index,
          .commit_index = state.commit_index,
          .applied_index = state.applied_index,
          .configuration = state.log.configuration(),
          .snapshot = state.snapshot,
          .storage = driver_->storage(),
          .stopped = driver_->stopped(),
          .requests = driver_->open_requests(),
          .request_bytes = driver_->open_request_bytes(),
          .is_new = data_.is_new};
}

}  // namespace lockstep::runtime

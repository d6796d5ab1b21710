#include "runtime/memory/memory_network.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {

// A connection: two sides and what travels to each of them.
struct MemoryLink {
  struct Side {
    MemoryHost* host = nullptr;            // Null once this side has closed, or its host ended.
    ConnectionHandler* handler = nullptr;  // Null until it is set, and once this side has closed.
    std::deque<std::string> arriving;      // Written by the other side, oldest first.
    size_t unsent = 0;                     // Bytes written here that have not arrived.
  };
  const uint64_t number = 0;
  std::array<Side, 2> sides;
  bool cut = false;  // Nothing arrives any more.
};

class MemoryConnection final : public Connection {
 public:
  MemoryConnection(std::shared_ptr<MemoryLink> link, size_t side) : link_(std::move(link)), side_(side) {}
  ~MemoryConnection() override {
    MemoryLink::Side& mine = link_->sides[side_];
    mine.handler = nullptr;
    if (mine.host == nullptr) return;  // Its process has ended: that tells the other side.
    // A host may have connected to itself: then the other side is still its.
    if (link_->sides[1 - side_].host != mine.host) mine.host->links_.erase(link_->number);
    mine.host = nullptr;
    // Over one that is cut nothing is told: the other side learns of the cut, or does not.
    if (!link_->cut) MemoryHost::Break(link_, 0, absl::UnavailableError("the other side closed the connection"));
  }

  void SetHandler(ConnectionHandler& handler) override { link_->sides[side_].handler = &handler; }

  void Write(std::vector<SharedBytes> parts) override {
    std::string bytes;
    for (const SharedBytes& part : parts) bytes += part.view();
    MemoryLink::Side& mine = link_->sides[side_];
    MemoryLink::Side& theirs = link_->sides[1 - side_];
    if (link_->cut || mine.host == nullptr || theirs.host == nullptr || bytes.empty()) return;
    LinkFaults& faults = mine.host->network_.faults_;
    const auto delay = faults.DelayMicros(mine.host->name_, theirs.host->name_);
    if (!delay.has_value()) return mine.host->Cut(link_, absl::UnavailableError("the network is cut"));
    mine.unsent += bytes.size();
    theirs.arriving.push_back(std::move(bytes));
    theirs.host->RunAfter(*delay, [link = link_, to = 1 - side_] { MemoryHost::Deliver(link, to); });
  }

  size_t unsent_bytes() const override { return link_->sides[side_].unsent; }
  std::string peer_name() const override { return ""; }

 private:
  const std::shared_ptr<MemoryLink> link_;
  const size_t side_;
};

class MemoryListener final : public Listener {
 public:
  MemoryListener(MemoryNetwork& network, std::string address) : network_(network), address_(std::move(address)) {}
  ~MemoryListener() override { network_.listeners_.erase(address_); }
  std::string address() const override { return address_; }

 private:
  MemoryNetwork& network_;
  const std::string address_;
};

MemoryHost::MemoryHost(MemoryNetwork& network, Scheduler& scheduler, std::string name)
    : network_(network), scheduler_(scheduler), name_(std::move(name)) {}

MemoryHost::~MemoryHost() {
  *alive_ = false;
  std::erase_if(network_.listeners_, [this](const auto& entry) { return entry.second.host == this; });
  for (const auto& [number, link] : links_) {
    for (MemoryLink::Side& side : link->sides) {
      if (side.host != this) continue;
      side.host = nullptr;
      side.handler = nullptr;
    }
    const LinkSide left = link->sides[0].host != nullptr ? LinkSide::kCaller : LinkSide::kCalled;
    Break(link, network_.faults_.EndMicros(left), absl::UnavailableError("the other side's process ended"));
  }
}

void MemoryHost::RunAfter(int64_t delay_micros, Task task) {
  scheduler_.RunAfter(delay_micros, [alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

std::unique_ptr<Connection> MemoryHost::Connect(const std::string& address, ConnectionHandler& handler) {
  auto link = std::make_shared<MemoryLink>(MemoryLink{network_.next_link_++, {}, false});
  link->sides[0] = {this, &handler, {}, 0};
  links_.emplace(link->number, link);
  RunAfter(0, [this, link, address] { Meet(link, address); });
  return std::make_unique<MemoryConnection>(link, 0);
}

void MemoryHost::Meet(const std::shared_ptr<MemoryLink>& link, const std::string& address) {
  if (link->sides[0].handler == nullptr) return;
  const auto at = network_.listeners_.find(address);
  const absl::Status refused = absl::UnavailableError(absl::StrCat(address, ": nobody answers there"));
  if (at == network_.listeners_.end()) return Break(link, 0, refused);
  MemoryHost* other = at->second.host;
  const auto delay = network_.faults_.DelayMicros(name_, other->name_);
  if (!delay.has_value()) return Break(link, network_.faults_.BreakMicros(name_, LinkSide::kCaller), refused);
  link->sides[1] = {other, nullptr, {}, 0};
  other->links_.emplace(link->number, link);
  other->RunAfter(*delay, [link, other, address] {
    const auto listening = other->network_.listeners_.find(address);
    auto connection = std::make_unique<MemoryConnection>(link, 1);
    if (listening == other->network_.listeners_.end()) return;
    listening->second.accept(std::move(connection));
  });
  RunAfter(2 * *delay, [link] {
    if (!link->cut && link->sides[0].handler != nullptr) link->sides[0].handler->OnConnected();
  });
}

absl::StatusOr<std::unique_ptr<Listener>> MemoryHost::Listen(const std::string& address, Accept accept) {
  if (!network_.listeners_.emplace(address, MemoryNetwork::Listening{this, std::move(accept)}).second) {
    return absl::AlreadyExistsError(absl::StrCat(address, ": somebody listens there already"));
  }
  return std::make_unique<MemoryListener>(network_, address);
}

void MemoryHost::Deliver(const std::shared_ptr<MemoryLink>& link, size_t to) {
  MemoryLink::Side& side = link->sides[to];
  if (side.arriving.empty() || side.host == nullptr) return;
  std::string bytes = std::move(side.arriving.front());
  side.arriving.pop_front();
  MemoryLink::Side& from = link->sides[1 - to];
  LinkFaults& faults = side.host->network_.faults_;
  if (!link->cut && from.host != nullptr && !faults.Carries(from.host->name_, side.host->name_)) {
    return side.host->Cut(link, absl::UnavailableError("the network is cut"));
  }
  if (!side.arriving.empty() && faults.Joins()) {
    for (const std::string& more : side.arriving) bytes += more;
    side.arriving.clear();
  }
  from.unsent -= bytes.size();
  std::string_view left = bytes;
  while (!left.empty() && !link->cut && side.handler != nullptr) {
    const std::span<char> space = side.handler->SpaceForBytes();
    const size_t piece = std::max<size_t>(1, faults.PieceBytes(left.size()));
    const size_t count = std::min({left.size(), space.size(), piece});
    std::memcpy(space.data(), left.data(), count);
    left.remove_prefix(count);
    side.handler->OnBytes(count);
  }
  if (from.handler != nullptr && !link->cut) from.handler->OnProgress();
}

void MemoryHost::Break(const std::shared_ptr<MemoryLink>& link, int64_t delay_micros, const absl::Status& why) {
  if (link->cut && delay_micros > 0) return;
  link->cut = true;
  for (size_t i = 0; i < 2; ++i) Tell(link, i, delay_micros, why);
}

void MemoryHost::Cut(const std::shared_ptr<MemoryLink>& link, const absl::Status& why) {
  if (link->cut) return;
  link->cut = true;
  for (size_t i = 0; i < 2; ++i) {
    const MemoryHost* host = link->sides[i].host;
    const LinkSide side = i == 0 ? LinkSide::kCaller : LinkSide::kCalled;
    if (host != nullptr) Tell(link, i, network_.faults_.BreakMicros(host->name_, side), why);
  }
}

void MemoryHost::Tell(const std::shared_ptr<MemoryLink>& link, size_t side, int64_t delay_micros,
                      const absl::Status& why) {
  MemoryHost* host = link->sides[side].host;
  if (host == nullptr) return;
  host->RunAfter(delay_micros, [link, side, why] {
    ConnectionHandler* handler = std::exchange(link->sides[side].handler, nullptr);
    if (handler != nullptr) handler->OnClosed(why);
  });
}

}  // namespace lockstep::runtime

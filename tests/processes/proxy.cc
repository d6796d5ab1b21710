#include "tests/processes/proxy.h"

#include <array>
#include <future>
#include <list>

#include "core/check.h"

namespace lockstep::tests {

using runtime::Connection;
using runtime::SharedBytes;

// One side of a link: what arrives here goes out at the other side.
class Proxy::End final : public runtime::ConnectionHandler {
 public:
  End(Line& line, Link& link, bool of_caller) : line_(line), link_(link), of_caller_(of_caller) {}
  void OnConnected() override {}
  std::span<char> SpaceForBytes() override { return space_; }
  void OnBytes(size_t count) override;
  void OnProgress() override {}
  void OnClosed(const absl::Status&) override;

 private:
  Line& line_;
  Link& link_;
  const bool of_caller_;
  std::array<char, 64 << 10> space_;
};

// A connection made to the line, and the one that goes on from it.
struct Proxy::Link {
  Link(Line& line, std::unique_ptr<Connection> from)
      : caller_end(line, *this, true), callee_end(line, *this, false), caller(std::move(from)) {
    caller->SetHandler(caller_end);
  }
  End caller_end;
  End callee_end;
  std::unique_ptr<Connection> caller;
  std::unique_ptr<Connection> callee;  // Null: begun while the line was cut.
  bool ended = false;
};

struct Proxy::Line {
  void Sweep() {
    links.remove_if([](const std::unique_ptr<Link>& link) { return link->ended; });
  }
  runtime::EventLoop* loop = nullptr;
  std::string address;
  bool cut = false;
  std::list<std::unique_ptr<Link>> links;
  std::unique_ptr<runtime::Listener> listener;
};

void Proxy::End::OnBytes(size_t count) {
  Connection* const other = of_caller_ ? link_.callee.get() : link_.caller.get();
  if (line_.cut || other == nullptr || link_.ended) return;
  other->Write({SharedBytes(std::string(space_.data(), count))});
}

void Proxy::End::OnClosed(const absl::Status&) {
  if (link_.ended) return;
  link_.ended = true;
  line_.loop->RunAfter(0, [&line = line_] { line.Sweep(); });
}

Proxy::Proxy() : network_(std::make_unique<runtime::TcpNetwork>(loop_, nullptr)) {
  thread_ = std::thread([this] { loop_.Run(); });
}

Proxy::~Proxy() {
  Run([this] {
    lines_.clear();
    loop_.Stop();
  });
  thread_.join();
}

void Proxy::Run(const std::function<void()>& work) {
  std::promise<void> ran;
  loop_.Post([&] {
    work();
    ran.set_value();
  });
  ran.get_future().wait();
}

std::string Proxy::Open(uint32_t from, uint32_t to, const std::string& address) {
  std::string listening;
  Run([&] {
    auto line = std::make_unique<Line>();
    line->loop = &loop_;
    line->address = address;
    auto listener = network_->Listen("127.0.0.1:0", [this, &line = *line](std::unique_ptr<Connection> connection) {
      auto link = std::make_unique<Link>(line, std::move(connection));
      if (!line.cut) link->callee = network_->Connect(line.address, link->callee_end);
      line.links.push_back(std::move(link));
    });
    LOCKSTEP_CHECK(listener.ok());
    line->listener = *std::move(listener);
    listening = line->listener->address();
    lines_[{from, to}] = std::move(line);
  });
  return listening;
}

void Proxy::SetCut(uint32_t from, uint32_t to, bool cut) {
  Run([&] {
    Line& line = *lines_.at({from, to});
    if (line.cut && !cut) line.links.clear();
    line.cut = cut;
  });
}

}  // namespace lockstep::tests

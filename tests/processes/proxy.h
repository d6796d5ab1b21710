// Proxy: the lines between nodes, which a test can cut: TCP connections that go through this process.
//
// Each ordered pair of nodes has a line of its own. What is sent over a line that is cut vanishes, and nobody is told;
// once it is healed its old connections are closed, so that both sides make new ones.
#ifndef LOCKSTEP_TESTS_PROCESSES_PROXY_H_
#define LOCKSTEP_TESTS_PROCESSES_PROXY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "runtime/posix/event_loop.h"
#include "runtime/posix/tcp_network.h"

namespace lockstep::tests {

class Proxy {
 public:
  Proxy();
  ~Proxy();

  // Opens the line from node `from` to node `to`, which listens at `address`; where `from` is to connect to.
  std::string Open(uint32_t from, uint32_t to, const std::string& address);
  // From any thread.
  void SetCut(uint32_t from, uint32_t to, bool cut);

 private:
  struct Line;
  class End;
  struct Link;
  using Pair = std::pair<uint32_t, uint32_t>;

  // Runs `work` on the proxy's thread and waits for it.
  void Run(const std::function<void()>& work);

  runtime::EventLoop loop_;
  std::unique_ptr<runtime::TcpNetwork> network_;
  std::map<Pair, std::unique_ptr<Line>> lines_;
  std::thread thread_;
};

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_PROXY_H_

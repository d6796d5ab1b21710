#include "runtime/http2/http2_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "runtime/http2/http_server.h"
#include "runtime/http2/shared_port.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_network.h"

namespace lockstep::runtime {
namespace {

class Http2ClientTest : public testing::Test {
 protected:
  Http2ClientTest() {
    methods.Add("/test.Echo/Once", RpcUnary([](std::string_view request, std::shared_ptr<RpcCall> call) {
                  if (request == "bad") return call->Finish({RpcCode::kNotFound, "100 % \n"});
                  call->Reply("<" + std::string(request) + ">");
                }));
    methods.Add("/test.Echo/Later",
                RpcUnary([this](std::string_view, std::shared_ptr<RpcCall> call) { kept.push_back(std::move(call)); }));
    StartServer();
  }
  // On a port that it shares with another protocol, as members do.
  void StartServer() {
    host = std::make_unique<MemoryHost>(network, clock, "server");
    server = std::make_unique<HttpServer>(service);
    shared = std::make_unique<SharedPortNetwork>(clock, *host, *server);
    listener = *shared->Listen("server:1", [](std::unique_ptr<Connection>) { FAIL() << "this is HTTP"; });
  }
  void StopServer() {
    listener.reset();
    server.reset();
    host.reset();
  }
  void Ask(const std::string& method, const std::string& message, int64_t timeout_micros = 1'000'000) {
    client.Call(method, message, timeout_micros, [this](const RpcStatus& status, const std::string& reply) {
      log.push_back(std::to_string(static_cast<int>(status.code)) + ":" + (status.ok() ? reply : status.text));
    });
  }

  MemoryClock clock;
  LinkFaults faults;
  MemoryNetwork network{faults};
  RpcMethods methods;
  HttpService service{
      .clock = clock, .scheduler = clock, .methods = methods, .pages = nullptr, .options = {}, .counters = {}};
  std::unique_ptr<MemoryHost> host;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<SharedPortNetwork> shared;
  std::unique_ptr<Listener> listener;
  MemoryHost home{network, clock, "home"};
  std::vector<std::string> log;
  std::vector<std::shared_ptr<RpcCall>> kept;
  Http2Client client{clock, clock, home, "server:1"};
};

TEST_F(Http2ClientTest, CallsAreAnsweredOrRefused) {
  Ask("/test.Echo/Once", "a");
  Ask("/test.Echo/Once", "bad");
  Ask("/test.Echo/Twice", "a");
  clock.Advance(100'000);
  std::sort(log.begin(), log.end());
  EXPECT_EQ(log, (std::vector<std::string>{"0:<a>", "12:unknown method Twice for service test.Echo", "5:100 % \n"}));
  const std::string big(1 << 20, 'x');
  Ask("/test.Echo/Once", big);
  clock.Advance(100'000);
  EXPECT_EQ(log.back(), "0:<" + big + ">");
}

TEST_F(Http2ClientTest, ACallEndsInTimeOnBothSides) {
  Ask("/test.Echo/Later", "", 50'000);
  clock.Advance(200'000);
  EXPECT_EQ(log, std::vector<std::string>{"4:context deadline exceeded"});
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(kept[0]->ended());
}

TEST_F(Http2ClientTest, ABrokenConnectionEndsItsCallsAndIsMadeAgain) {
  Ask("/test.Echo/Once", "a");
  Ask("/test.Echo/Later", "", 100'000'000);
  clock.Advance(100'000);
  StopServer();
  clock.Advance(2'000'000);
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[1].substr(0, 3), "14:");
  Ask("/test.Echo/Once", "nobody is there");
  clock.Advance(2'000'000);
  EXPECT_EQ(log.back().substr(0, 3), "14:");
  StartServer();
  Ask("/test.Echo/Once", "b");
  clock.Advance(100'000);
  EXPECT_EQ(log.back(), "0:<b>");
}

}  // namespace
}  // namespace lockstep::runtime

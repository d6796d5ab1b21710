#include "runtime/http2/shared_port.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "runtime/http2/http_get.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_network.h"

namespace lockstep::runtime {
namespace {

class Collector final : public ConnectionHandler {
 public:
  void OnConnected() override {}
  std::span<char> SpaceForBytes() override { return space; }
  void OnBytes(size_t count) override { received.append(space.data(), count); }
  void OnProgress() override {}
  void OnClosed(const absl::Status& why) override { closed = why; }

  std::array<char, 3> space{};
  std::string received;
  absl::Status closed;
};

// Pieces of one byte each.
class SmallPieces final : public LinkFaults {
 public:
  std::optional<int64_t> DelayMicros(const std::string&, const std::string&) override { return 10; }
  size_t PieceBytes(size_t) override { return 1; }
};

TEST(SharedPort, HttpGoesToTheServerAndTheRestToTheListener) {
  MemoryClock clock;
  SmallPieces faults;
  MemoryNetwork network(faults);
  MemoryHost here(network, clock, "here");
  MemoryHost there(network, clock, "there");
  RpcMethods methods;
  HttpService service{.clock = clock,
                      .scheduler = clock,
                      .methods = methods,
                      .pages = [](const HttpRequest& request,
                                  const std::shared_ptr<HttpReply>& reply) { reply->Respond({.body = request.path}); },
                      .options = {},
                      .counters = {}};
  HttpServer server(service);
  SharedPortNetwork shared(clock, here, server);
  Collector peer;
  std::unique_ptr<Connection> accepted;
  const auto listener = shared.Listen("here:1", [&](std::unique_ptr<Connection> connection) {
    accepted = std::move(connection);
    accepted->SetHandler(peer);
    accepted->Write({SharedBytes("welcome")});
  });
  ASSERT_TRUE(listener.ok());

  Collector browser;
  const auto asks = there.Connect("here:1", browser);
  Collector node;
  const auto speaks = there.Connect("here:1", node);
  Collector silent;
  const auto waits = there.Connect("here:1", silent);
  clock.Advance(1000);
  asks->Write({SharedBytes("GET /members HTTP/1.1\r\n\r\n")});
  speaks->Write({SharedBytes("GETTING along, and more of it")});
  waits->Write({SharedBytes("GE")});
  clock.Advance(1'000'000);
  EXPECT_NE(browser.received.find("\r\n\r\n/members"), std::string::npos) << browser.received;
  EXPECT_EQ(peer.received, "GETTING along, and more of it");
  EXPECT_EQ(node.received, "welcome");
  EXPECT_TRUE(silent.closed.ok());
  clock.Advance(5'000'000);
  EXPECT_FALSE(silent.closed.ok()) << "it never said what it wants";
}

TEST(HttpGetTest, FetchesAPageOrSaysWhyNot) {
  MemoryClock clock;
  SmallPieces faults;
  MemoryNetwork network(faults);
  MemoryHost here(network, clock, "here");
  MemoryHost there(network, clock, "there");
  RpcMethods methods;
  HttpService service{.clock = clock,
                      .scheduler = clock,
                      .methods = methods,
                      .pages =
                          [](const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
                            if (request.path == "/never") return;
                            reply->Respond(
                                {.status = request.path == "/members" ? 200 : 404, .body = "[" + request.path + "]"});
                          },
                      .options = {},
                      .counters = {}};
  HttpServer server(service);
  ASSERT_TRUE(server.Listen(here, "here:1").ok());
  const auto get = [&](const std::string& address, const std::string& path) {
    absl::StatusOr<std::string> result = absl::UnknownError("nothing yet");
    HttpGet asks(clock, there, address, path, 1'000'000, [&](absl::StatusOr<std::string> body) { result = body; });
    clock.Advance(3'000'000);
    return result.ok() ? *result : std::string(result.status().message());
  };
  EXPECT_EQ(get("here:1", "/members"), "[/members]");
  EXPECT_EQ(get("here:1", "/other"), "here:1 answers: HTTP/1.1 404 Not Found");
  EXPECT_EQ(get("here:1", "/never"), "here:1: no answer within the time allowed");
  EXPECT_EQ(get("here:2", "/members").substr(0, 8), "here:2: ");
}

}  // namespace
}  // namespace lockstep::runtime

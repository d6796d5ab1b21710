#include "runtime/http2/http_server.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/http2/test_client.h"
#include "runtime/memory/memory_clock.h"

namespace lockstep::runtime {
namespace {

constexpr size_t kMessageMax = 4 << 20;

class Repeater final : public RpcStream {
 public:
  Repeater(std::shared_ptr<RpcCall> call, std::vector<std::string>& log) : call_(std::move(call)), log_(log) {}
  ~Repeater() override { log_.push_back("gone"); }
  void OnMessage(std::string_view message) override {
    if (message == "end") return call_->Finish({RpcCode::kAborted, "100 % \xC3\xA4"});
    call_->Send(std::string(message));
  }
  void OnHalfClosed() override { call_->Finish({}); }
  void OnProgress() override { log_.push_back("progress"); }
  void OnEnded() override { log_.push_back("ended"); }

 private:
  const std::shared_ptr<RpcCall> call_;
  std::vector<std::string>& log_;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    methods.Add("/test.Echo/Once", RpcUnary([this](std::string_view request, std::shared_ptr<RpcCall> call) {
                  metadata = call->metadata();
                  call->Reply("<" + std::string(request) + ">");
                }));
    methods.Add("/test.Echo/Later",
                RpcUnary([this](std::string_view, std::shared_ptr<RpcCall> call) { kept.push_back(std::move(call)); }));
    methods.Add("/test.Echo/Many", RpcBegin([this](std::shared_ptr<RpcCall> call) {
                  kept.push_back(call);
                  return std::make_unique<Repeater>(std::move(call), log);
                }));
  }

  void Pages(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
    if (request.path == "/later") return void(page = reply);
    if (request.path == "/echo") return reply->Respond({.body = request.method + " " + request.body});
    if (request.path != "/health") return reply->Respond({.status = 404, .body = "404 page not found\n"});
    reply->Respond({.content_type = "application/json", .body = "{\"health\":\"true\"," + request.query + "}"});
  }

  // Lets both sides say all they have to say.
  void Run(TestClient& client) {
    for (int quiet = 0; quiet < 3; ++quiet) {
      if (client.Exchange()) quiet = 0;
      clock.Advance(1000);
    }
  }
  TestClient::Result Ask(const std::string& method, const std::string& message, const TestClient::Headers& more = {}) {
    TestClient client(server);
    const int32_t call = client.Call(method, message, more);
    Run(client);
    return client.result(call);
  }
  std::string AskHttp1(const std::string& request) {
    TestPipe pipe(server);
    pipe.Write(request);
    clock.Advance(1000);
    return pipe.Read();
  }

  MemoryClock clock;
  RpcMethods methods;
  RpcMetadata metadata;
  std::vector<std::string> log;
  std::vector<std::shared_ptr<RpcCall>> kept;
  std::shared_ptr<HttpReply> page;
  HttpService service{.clock = clock,
                      .scheduler = clock,
                      .methods = methods,
                      .pages = [this](const HttpRequest& request,
                                      const std::shared_ptr<HttpReply>& reply) { Pages(request, reply); },
                      .options = {.message_bytes_max = kMessageMax, .keepalive_interval_micros = 10'000'000},
                      .counters = {}};
  HttpServer server{service};
};

TEST_F(HttpServerTest, AUnaryCallIsAnsweredWithHeadersAMessageAndTrailers) {
  const auto result = Ask("/test.Echo/Once", "hi",
                          {{"grpc-timeout", "5S"}, {"hasleader", "true"}, {"token", "secret"}, {"other", "ignored"}});
  EXPECT_EQ(result.headers.at(":status"), "200");
  EXPECT_EQ(result.headers.at("content-type"), "application/grpc");
  EXPECT_EQ(result.body, GrpcMessage("<hi>"));
  EXPECT_EQ(result.trailers, (std::map<std::string, std::string>{{"grpc-status", "0"}}));
  EXPECT_TRUE(result.closed);
  EXPECT_EQ(result.error, 0u);
  EXPECT_EQ(metadata.timeout_micros, 5'000'000);
  EXPECT_TRUE(metadata.has_leader);
  EXPECT_EQ(metadata.token, "secret");
  EXPECT_EQ(metadata.authority, "localhost:2379");
  EXPECT_EQ(metadata.peer_name, "tester");
  EXPECT_EQ(service.counters.methods["/test.Echo/Once"].ended[0], 1u);
}

TEST_F(HttpServerTest, AnUnknownMethodIsAnsweredByAStatusAlone) {
  const auto result = Ask("/test.Echo/Twice", "hi");
  EXPECT_EQ(result.headers.at("grpc-status"), "12");
  EXPECT_EQ(result.headers.at("grpc-message"), "unknown method Twice for service test.Echo");
  EXPECT_EQ(result.body, "");
  EXPECT_TRUE(result.closed);
}

TEST_F(HttpServerTest, AServerIsNamedAsItsClientsLike) {
  TestClient client(server);
  const int32_t call = client.Begin({{":method", "POST"},
                                     {":scheme", "http"},
                                     {":path", "/test.Echo/Once"},
                                     {":authority", "http://localhost:2379"},
                                     {"content-type", "application/grpc"}},
                                    GrpcMessage("hi"), true);
  Run(client);
  EXPECT_EQ(client.result(call).body, GrpcMessage("<hi>"));
  EXPECT_EQ(metadata.authority, "http://localhost:2379");
}

TEST_F(HttpServerTest, MessagesCrossFramesOfAnySize) {
  const std::string big(3 << 20, 'x');
  EXPECT_EQ(Ask("/test.Echo/Once", big).body, GrpcMessage("<" + big + ">"));
  TestClient client(server);
  const TestClient::Headers headers = {{":method", "POST"},
                                       {":scheme", "http"},
                                       {":path", "/test.Echo/Many"},
                                       {":authority", "x"},
                                       {"content-type", "application/grpc+proto"}};
  const int32_t call = client.Begin(headers, "", false);
  const std::string bytes = GrpcMessage("one") + GrpcMessage("") + GrpcMessage("three");
  for (const char byte : bytes) {
    client.Write(call, std::string(1, byte), false);
    Run(client);
  }
  EXPECT_EQ(client.result(call).body, bytes);
  client.Write(call, "", true);
  Run(client);
  EXPECT_EQ(client.result(call).trailers.at("grpc-status"), "0");
  EXPECT_EQ(log.back(), "gone");
}

TEST_F(HttpServerTest, AStatusEndsAStreamThatTheClientHasNotEnded) {
  TestClient client(server);
  const TestClient::Headers headers = {{":method", "POST"},
                                       {":scheme", "http"},
                                       {":path", "/test.Echo/Many"},
                                       {":authority", "x"},
                                       {"content-type", "application/grpc"}};
  const int32_t call = client.Begin(headers, GrpcMessage("a") + GrpcMessage("end") + GrpcMessage("b"), false);
  Run(client);
  EXPECT_EQ(client.result(call).body, GrpcMessage("a"));
  EXPECT_EQ(client.result(call).trailers.at("grpc-status"), "10");
  EXPECT_EQ(client.result(call).trailers.at("grpc-message"), "100 %25 %C3%A4");
  EXPECT_TRUE(client.result(call).closed);
  EXPECT_EQ(log.back(), "gone");
}

TEST_F(HttpServerTest, WhatCannotBeReadHasAStatusOfItsOwn) {
  TestClient client(server);
  const auto ask = [&](const std::string& path, const std::string& bytes) {
    const int32_t call = client.Begin({{":method", "POST"},
                                       {":scheme", "http"},
                                       {":path", path},
                                       {":authority", "x"},
                                       {"content-type", "application/grpc"}},
                                      bytes, true);
    Run(client);
    return client.result(call).headers.at("grpc-status") + " " + client.result(call).headers.at("grpc-message");
  };
  const std::string compressed = std::string("\1\0\0\0\1x", 6);
  EXPECT_EQ(ask("/test.Echo/Once", compressed).substr(0, 2), "12");
  EXPECT_EQ(ask("/test.Echo/Once", std::string("\0\1\0\0\0", 5)),
            "8 grpc: received message larger than max (16777216 vs. 4194304)");
  EXPECT_EQ(ask("/test.Echo/Once", "").substr(0, 2), "13");
  EXPECT_EQ(ask("/test.Echo/Many", std::string("\0\0\0\0\5xx", 7)).substr(0, 2), "13");
}

TEST_F(HttpServerTest, ACallEndsWhenItsTimeIsOver) {
  TestClient client(server);
  const int32_t call = client.Call("/test.Echo/Later", "", {{"grpc-timeout", "300m"}});
  Run(client);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_FALSE(kept[0]->ended());
  clock.Advance(300'000);
  Run(client);
  EXPECT_TRUE(kept[0]->ended());
  EXPECT_EQ(client.result(call).headers.at("grpc-status"), "4");
  kept[0]->Reply("too late");
}

TEST_F(HttpServerTest, AnswersToClientsThatAreGoneGoNowhere) {
  auto client = std::make_unique<TestClient>(server);
  const int32_t reset = client->Call("/test.Echo/Later", "");
  client->Call("/test.Echo/Many", "a");
  Run(*client);
  ASSERT_EQ(kept.size(), 2u);
  client->Reset(reset);
  Run(*client);
  EXPECT_TRUE(kept[0]->ended());
  kept[0]->Reply("too late");
  client->Call("/test.Echo/Later", "");
  Run(*client);
  client->pipe().Close();
  clock.Advance(1000);
  EXPECT_TRUE(client->pipe().closed());
  EXPECT_TRUE(kept[2]->ended());
  kept[2]->Reply("too late");
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(HttpServerTest, ASlowClientShowsInTheUnsentBytesAndHoldsNobodyElseUp) {
  TestClient slow(server);
  TestClient other(server);
  const TestClient::Headers headers = {{":method", "POST"},
                                       {":scheme", "http"},
                                       {":path", "/test.Echo/Many"},
                                       {":authority", "x"},
                                       {"content-type", "application/grpc"}};
  const int32_t call = slow.Begin(headers, GrpcMessage("a"), false);
  Run(slow);
  slow.pipe().SetTaking(false);
  log.clear();
  for (int i = 0; i < 64; ++i) kept[0]->Send(std::string(64 << 10, 'x'));
  clock.Advance(1000);
  EXPECT_GT(kept[0]->unsent_bytes(), 3u << 20);
  const int32_t quick = other.Call("/test.Echo/Once", "hi");
  Run(other);
  EXPECT_EQ(other.result(quick).body, GrpcMessage("<hi>"));
  EXPECT_TRUE(log.empty());
  slow.pipe().SetTaking(true);
  Run(slow);
  EXPECT_EQ(kept[0]->unsent_bytes(), 0u);
  EXPECT_EQ(slow.result(call).body.size(), 6u + 64 * (5 + (64u << 10)));
  EXPECT_EQ(log, std::vector<std::string>{"progress"});
}

TEST_F(HttpServerTest, ManyCallsOfOneTurnLeaveTogether) {
  TestClient client(server);
  std::vector<int32_t> calls;
  for (int i = 0; i < 500; ++i) calls.push_back(client.Call("/test.Echo/Later", ""));
  Run(client);
  ASSERT_EQ(kept.size(), 500u);
  for (const auto& call : kept) call->Reply("x");
  Run(client);
  for (const int32_t call : calls) {
    EXPECT_EQ(client.result(call).body, GrpcMessage("x"));
    EXPECT_EQ(client.result(call).trailers.at("grpc-status"), "0");
  }
}

TEST_F(HttpServerTest, PingsAreAnsweredAndSilentClientsPinged) {
  TestClient client(server);
  client.Ping();
  Run(client);
  EXPECT_EQ(client.pongs(), 1);
  clock.Advance(15'000'000);
  Run(client);  // Here the client answers the server's ping.
  clock.Advance(15'000'000);
  Run(client);
  EXPECT_EQ(server.connections(), 1u);
  clock.Advance(60'000'000);
  EXPECT_EQ(server.connections(), 0u) << "nobody answered";
}

TEST_F(HttpServerTest, ShutdownLetsCallsEndAndTakesNoMore) {
  TestClient client(server);
  TestClient idle(server);
  const int32_t call = client.Call("/test.Echo/Later", "");
  Run(client);
  Run(idle);
  server.Shutdown();
  Run(client);
  Run(idle);
  EXPECT_TRUE(client.went_away());
  EXPECT_EQ(server.connections(), 1u) << "the idle one is closed";
  kept[0]->Reply("done");
  Run(client);
  EXPECT_EQ(client.result(call).body, GrpcMessage("done"));
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(HttpServerTest, PagesAreServedOverBothVersions) {
  TestClient client(server);
  const int32_t page =
      client.Begin({{":method", "GET"}, {":scheme", "http"}, {":path", "/health?a=1"}, {":authority", "x"}}, "", true);
  const int32_t none =
      client.Begin({{":method", "GET"}, {":scheme", "http"}, {":path", "/none"}, {":authority", "x"}}, "", true);
  Run(client);
  EXPECT_EQ(client.result(page).headers.at(":status"), "200");
  EXPECT_EQ(client.result(page).body, "{\"health\":\"true\",a=1}");
  EXPECT_EQ(client.result(none).headers.at(":status"), "404");

  EXPECT_EQ(AskHttp1("GET /health?b HTTP/1.1\r\nHost: x\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"health\":\"true\",b}");
  EXPECT_EQ(AskHttp1("HEAD /none HTTP/1.0\r\n\r\n"),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 19\r\n"
            "Connection: close\r\n\r\n");
}

TEST_F(HttpServerTest, RequestsOfHttp1ComeOneAfterTheOtherInAnyPieces) {
  TestPipe pipe(server);
  for (const char byte : std::string("GET /later HTTP/1.1\r\n\r\nGET /health HTTP/1.1\r\nConnection: close\r\n\r\n")) {
    pipe.Write({&byte, 1});
  }
  clock.Advance(1000);
  EXPECT_EQ(pipe.Read(), "");
  page->Respond({.status = 503, .body = "no"});
  clock.Advance(1000);
  const std::string answer = pipe.Read();
  EXPECT_EQ(answer.find("HTTP/1.1 503 Service Unavailable"), 0u);
  EXPECT_NE(answer.find("{\"health\":\"true\",}"), std::string::npos);
  EXPECT_TRUE(pipe.closed());
}

TEST_F(HttpServerTest, BodiesArriveOverBothVersions) {
  TestClient client(server);
  const TestClient::Headers post = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/echo"}, {":authority", "x"}, {"content-type", "text/plain"}};
  const int32_t whole = client.Begin(post, "hello", true);
  const int32_t pieces = client.Begin(post, "he", false);
  Run(client);
  EXPECT_EQ(client.result(pieces).headers.count(":status"), 0u);
  client.Write(pieces, "llo", true);
  const int32_t large = client.Begin(post, std::string(5 << 20, 'x'), true);
  Run(client);
  EXPECT_EQ(client.result(whole).body, "POST hello");
  EXPECT_EQ(client.result(pieces).body, "POST hello");
  EXPECT_EQ(client.result(large).headers.at(":status"), "413");

  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
  EXPECT_EQ(AskHttp1("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), answer + "10\r\n\r\nPOST hello");
  EXPECT_EQ(AskHttp1("POST /echo HTTP/1.1\r\n\r\n"), answer + "5\r\n\r\nPOST ");
  EXPECT_EQ(AskHttp1("GET /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), answer + "4\r\n\r\nGET ");
  TestPipe pipe(server);
  pipe.Write("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe");
  clock.Advance(1000);
  EXPECT_EQ(pipe.Read(), "HTTP/1.1 100 Continue\r\n\r\n");
  pipe.Write("lloPOST /echo HTTP/1.1\r\n\r\n");
  clock.Advance(1000);
  EXPECT_EQ(pipe.Read(), answer + "10\r\n\r\nPOST hello" + answer + "5\r\n\r\nPOST ");
}

TEST_F(HttpServerTest, AnswersMayComeInPieces) {
  int progress = 0;
  int gone = 0;
  const auto listen = [&] { page->Listen([&progress] { ++progress; }, [&gone] { ++gone; }); };
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n";
  TestPipe pipe(server);
  pipe.Write("GET /later HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
  listen();
  page->Respond({.content_type = "a/b", .body = "0123456789abcdef", .more = true});
  EXPECT_GT(page->unsent_bytes(), 16u);
  clock.Advance(1000);
  EXPECT_EQ(page->unsent_bytes(), 0u);
  EXPECT_EQ(pipe.Read(), first + "Transfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n");
  EXPECT_EQ(progress, 1);
  page->Respond({.body = "xyz", .more = true});
  page->Respond({.body = ""});
  page->Respond({.body = "nothing comes after the last piece"});
  clock.Advance(1000);
  EXPECT_EQ(pipe.Read().substr(0, 25), "3\r\nxyz\r\n0\r\n\r\nHTTP/1.1 200");

  // HTTP/1.0 knows no chunks: there the connection's end is the answer's.
  TestPipe old(server);
  old.Write("GET /later HTTP/1.0\r\n\r\n");
  page->Respond({.content_type = "a/b", .body = "01", .more = true});
  page->Respond({.body = "23"});
  clock.Advance(1000);
  EXPECT_EQ(old.Read(), first + "Connection: close\r\n\r\n0123");
  EXPECT_TRUE(old.closed());

  TestClient client(server);
  const TestClient::Headers get = {{":method", "GET"}, {":scheme", "http"}, {":path", "/later"}, {":authority", "x"}};
  const int32_t call = client.Begin(get, "", true);
  Run(client);
  listen();
  page->Respond({.content_type = "a/b", .body = "01", .more = true});
  Run(client);
  EXPECT_EQ(client.result(call).headers.count("content-length"), 0u);
  EXPECT_EQ(client.result(call).body, "01");
  EXPECT_FALSE(client.result(call).closed);
  page->Respond({.body = "23"});
  Run(client);
  EXPECT_EQ(client.result(call).body, "0123");
  EXPECT_TRUE(client.result(call).closed);
  EXPECT_EQ(progress, 2);
  EXPECT_EQ(gone, 0);
}

TEST_F(HttpServerTest, WhoeverAnswersHearsThatTheClientIsGone) {
  int gone = 0;
  TestClient client(server);
  const TestClient::Headers get = {{":method", "GET"}, {":scheme", "http"}, {":path", "/later"}, {":authority", "x"}};
  const int32_t call = client.Begin(get, "", true);
  Run(client);
  page->Listen(nullptr, [&gone] { ++gone; });
  client.Reset(call);
  Run(client);
  EXPECT_EQ(gone, 1);
  page->Respond({.body = "to nobody"});
  TestPipe pipe(server);
  pipe.Write("GET /later HTTP/1.1\r\n\r\n");
  page->Listen(nullptr, [&gone] { ++gone; });
  pipe.Close();
  clock.Advance(1000);
  EXPECT_EQ(gone, 2);
  page->Respond({.body = "to nobody"});
  EXPECT_EQ(page->unsent_bytes(), 0u);
}

TEST_F(HttpServerTest, WhatIsNoHttpIsRefusedAndClosed) {
  const std::vector<std::string> bad = {"hello\r\n\r\n",
                                        "GET / HTTP/3.0\r\n\r\n",
                                        "GET nothing HTTP/1.1\r\n\r\n",
                                        "GET / HTTP/1.1\r\nno header\r\n\r\n",
                                        "POST /health HTTP/1.1\r\nContent-Length: -5\r\n\r\nhello",
                                        "POST /health HTTP/1.1\r\nContent-Length: 5000000\r\n\r\nhello",
                                        "POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
                                        "PUT /health HTTP/1.1\r\n\r\n",
                                        "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n",
                                        std::string(20'000, 'x'),
                                        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"};
  for (const std::string& bytes : bad) {
    TestPipe pipe(server);
    pipe.Write(bytes);
    clock.Advance(1000);
    const std::string answer = pipe.Read();
    EXPECT_EQ(answer.find("HTTP/1.1 4"), 0u) << bytes.substr(0, 40) << " -> " << answer;
    EXPECT_TRUE(pipe.closed()) << bytes.substr(0, 40);
  }
  TestPipe pipe(server);
  pipe.Write(std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + "these are no frames at all");
  clock.Advance(1000);
  EXPECT_TRUE(pipe.closed());
}

// What a client sends, with bytes changed, left out and put in: nothing but an end may come of it.
TEST_F(HttpServerTest, DamagedBytesDoNoHarm) {
  uint64_t state = 12345;
  const auto draw = [&state](uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  std::string sent(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
  sent += std::string("\0\0\0\4\0\0\0\0\0", 9);                                        // SETTINGS
  sent += std::string("\0\0\x1f\1\4\0\0\0\1", 9) + "\x83\x86\x44\x0f/test.Echo/Once";  // HEADERS, method and path
  sent += std::string("\x5f\x09", 2) + "app/grpcx";
  sent += std::string("\0\0\7\0\1\0\0\0\1\0\0\0\0\2hi", 16);  // DATA
  sent += std::string("\0\0\4\3\0\0\0\0\1\0\0\0\0", 13);      // RST_STREAM
  int closed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = sent;
    for (uint64_t i = draw(4) + 1; i > 0; --i) {
      const size_t at = draw(bytes.size());
      const size_t kind = draw(3);
      if (kind == 0) bytes[at] = static_cast<char>(draw(256));
      if (kind == 1) bytes.erase(at, draw(8));
      if (kind == 2) bytes.insert(at, std::string(draw(8), static_cast<char>(draw(256))));
    }
    TestPipe pipe(server);
    pipe.Write(bytes);
    clock.Advance(10);
    closed += pipe.closed() ? 1 : 0;
    pipe.Close();
    clock.Advance(10);
  }
  EXPECT_GT(closed, 5'000);
  EXPECT_EQ(server.connections(), 0u);
}

}  // namespace
}  // namespace lockstep::runtime

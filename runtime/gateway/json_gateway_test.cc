#include "runtime/gateway/json_gateway.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kvsm/api/kv.pb.h"
#include "kvsm/api/watch.pb.h"
#include "runtime/memory/memory_clock.h"

namespace lockstep::runtime {
namespace {

// A client that takes what it is sent when the test says so.
class Client final : public HttpReply {
 public:
  void Respond(HttpResponse response) override {
    if (ended) return;
    if (pieces++ == 0) first = response;
    body += response.body;
    unsent += response.body.size();
    ended = !response.more;
    if (ended) Forget();
  }
  size_t unsent_bytes() const override { return unsent; }
  void TakeAll() {
    unsent = 0;
    if (!ended) TellProgress();
  }
  void Leave() { TellGone(); }

  HttpResponse first;
  std::string body;
  size_t unsent = 0;
  int pieces = 0;
  bool ended = false;
};

class Watcher final : public RpcStream {
 public:
  Watcher(std::shared_ptr<RpcCall> call, std::vector<std::string>& log) : call_(std::move(call)), log_(log) {}
  void OnMessage(std::string_view message) override {
    etcdserverpb::WatchRequest request;
    ASSERT_TRUE(request.ParseFromArray(message.data(), static_cast<int>(message.size())));
    log_.push_back("watch " + request.create_request().key());
  }
  void OnHalfClosed() override { log_.push_back("half closed"); }
  void OnProgress() override { log_.push_back("progress"); }
  void OnEnded() override { log_.push_back("ended"); }

 private:
  const std::shared_ptr<RpcCall> call_;
  std::vector<std::string>& log_;
};

class JsonGatewayTest : public testing::Test {
 protected:
  JsonGatewayTest() {
    methods.Add("/etcdserverpb.KV/Range", RpcUnary([this](std::string_view bytes, std::shared_ptr<RpcCall> call) {
                  ASSERT_TRUE(range.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
                  if (range.key() == "later") return void(kept = std::move(call));
                  if (range.key().empty()) return call->Finish({RpcCode::kInvalidArgument, "a \"key\""});
                  etcdserverpb::RangeResponse response;
                  response.mutable_header()->set_revision(INT64_MAX);
                  auto& pair = *response.add_kvs();
                  pair.set_key(range.key());
                  pair.set_mod_revision(7);
                  pair.set_value(std::string("\0\xff", 2));
                  response.set_more(true);
                  call->Reply(response.SerializeAsString());
                }));
    methods.Add("/etcdserverpb.Watch/Watch", RpcBegin([this](std::shared_ptr<RpcCall> call) {
                  kept = call;
                  return std::make_unique<Watcher>(std::move(call), log);
                }));
  }
  std::shared_ptr<Client> Post(const std::string& path, const std::string& body, const std::string& method = "POST") {
    auto client = std::make_shared<Client>();
    EXPECT_TRUE(gateway.Serve({.method = method, .path = path, .query = {}, .body = body}, client));
    clock.Advance(0);
    return client;
  }
  void SendEvent(const std::string& key) {
    etcdserverpb::WatchResponse response;
    response.add_events()->mutable_kv()->set_key(key);
    kept->Send(response.SerializeAsString());
    clock.Advance(0);
  }

  MemoryClock clock;
  RpcMethods methods;
  JsonGateway gateway{clock, methods};
  etcdserverpb::RangeRequest range;
  std::shared_ptr<RpcCall> kept;
  std::vector<std::string> log;
};

TEST_F(JsonGatewayTest, ACallIsAnsweredInProtobufsJson) {
  const auto client = Post("/v3/kv/range", R"({"key":"Zm9v","rangeEnd":"AA==","limit":"5","sort_order":"DESCEND","x":{}})");
  EXPECT_EQ(range.key(), "foo");
  EXPECT_EQ(range.range_end(), std::string(1, '\0'));
  EXPECT_EQ(range.limit(), 5);
  EXPECT_EQ(range.sort_order(), etcdserverpb::RangeRequest::DESCEND);
  EXPECT_EQ(client->first.status, 200);
  EXPECT_EQ(client->first.content_type, "application/json");
  EXPECT_EQ(client->body,
            R"({"header":{"revision":"9223372036854775807"},"kvs":[{"key":"Zm9v","mod_revision":"7","value":"AP8="}],)"
            R"("more":true})");
  EXPECT_TRUE(client->ended);
  EXPECT_EQ(Post("/v3beta/kv/range", R"({"key":"Zm9v"})")->first.status, 200);
}

TEST_F(JsonGatewayTest, ErrorsHaveCodeTextAndStatus) {
  const auto refused = Post("/v3/kv/range", "");
  EXPECT_EQ(refused->first.status, 400);
  EXPECT_EQ(refused->body, R"({"error":"a \"key\"","message":"a \"key\"","code":3})");
  for (const std::string bad : {"{", "[]", "7", R"({"key":1.5})", R"({"key":"Zm9v"}})", "\xff", R"({"key":"\)"}) {
    const auto client = Post("/v3/kv/range", bad);
    EXPECT_EQ(client->first.status, bad == R"({"key":"Zm9v"}})" ? 200 : 400) << bad;
    EXPECT_TRUE(client->ended);
  }
  EXPECT_EQ(Post("/v3/kv/put", "{}")->first.status, 501) << "the server has no such method";
  EXPECT_EQ(Post("/v3/kv/range", "", "GET")->first.status, 405);
  EXPECT_EQ(Post("/v3/kv/nothing", "{}")->first.status, 404);
  EXPECT_FALSE(gateway.Serve({.method = "GET", .path = "/health", .query = {}, .body = {}}, nullptr));
  EXPECT_FALSE(gateway.Serve({.method = "GET", .path = "/v2/keys", .query = {}, .body = {}}, nullptr));
}

TEST_F(JsonGatewayTest, AStreamGoesOnLineByLineUntilItsClientLeaves) {
  const auto client = Post("/v3/watch", R"({"create_request":{"key":"YQ=="}} {"create_request":{"key":"Yn0="}})");
  EXPECT_EQ(log, (std::vector<std::string>{"watch a", "watch b}", "half closed"}));
  EXPECT_EQ(client->pieces, 0);
  SendEvent("a");
  SendEvent("b");
  EXPECT_EQ(client->first.status, 200);
  EXPECT_EQ(client->body, "{\"result\":{\"events\":[{\"kv\":{\"key\":\"YQ==\"}}]}}\n"
                          "{\"result\":{\"events\":[{\"kv\":{\"key\":\"Yg==\"}}]}}\n");
  EXPECT_FALSE(client->ended);
  client->Leave();
  EXPECT_TRUE(kept->ended());
  EXPECT_EQ(log.back(), "ended");
}

TEST_F(JsonGatewayTest, ASlowClientHoldsItsStreamBack) {
  const auto client = Post("/v3/watch", R"({"create_request":{"key":"YQ=="}})");
  const std::string key(100'000, 'k');
  for (int i = 0; i < 10; ++i) SendEvent(key);
  EXPECT_GT(kept->unsent_bytes(), 0u);
  EXPECT_LT(client->unsent, 600'000u);
  for (int i = 0; i < 10; ++i) client->TakeAll();
  EXPECT_EQ(kept->unsent_bytes(), 0u);
  EXPECT_GT(client->body.size(), 1'000'000u);
  EXPECT_EQ(log.back(), "progress");
  kept->Finish({RpcCode::kUnavailable, "no leader"});
  clock.Advance(0);
  EXPECT_TRUE(client->ended);
  EXPECT_NE(client->body.find(R"({"error":{"grpc_code":14,"http_code":503,"message":"no leader","http_status":"Serv)"),
            std::string::npos);
}

TEST_F(JsonGatewayTest, AClientThatLeavesEndsItsCall) {
  const auto client = Post("/v3/kv/range", R"({"key":"bGF0ZXI="})");
  ASSERT_NE(kept, nullptr);
  client->Leave();
  EXPECT_TRUE(kept->ended());
  clock.Advance(0);
  EXPECT_EQ(client->pieces, 0);
}

}  // namespace
}  // namespace lockstep::runtime

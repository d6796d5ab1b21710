#include "runtime/rpc/memory_rpc.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/memory/memory_clock.h"
#include "runtime/rpc/memory_rpc_client.h"

namespace lockstep::runtime {
namespace {

// Repeats each message; "end" ends the call.
class Repeater final : public RpcStream {
 public:
  Repeater(std::shared_ptr<RpcCall> call, std::vector<std::string>& log) : call_(std::move(call)), log_(log) {}
  ~Repeater() override { log_.push_back("gone"); }
  void OnMessage(std::string_view message) override {
    if (message == "end") return call_->Finish({RpcCode::kAborted, "as you wish"});
    call_->Send(std::string(message) + std::string(message));
  }
  void OnHalfClosed() override { call_->Finish({}); }
  void OnProgress() override { log_.push_back("progress"); }
  void OnEnded() override { log_.push_back("ended"); }

 private:
  const std::shared_ptr<RpcCall> call_;
  std::vector<std::string>& log_;
};

class MemoryRpcTest : public testing::Test {
 protected:
  MemoryRpcTest() {
    methods.Add("/test.Echo/Once", RpcUnary([](std::string_view request, std::shared_ptr<RpcCall> call) {
                  call->Reply(call->metadata().token + std::string(request));
                }));
    methods.Add("/test.Echo/Many", RpcBegin([this](std::shared_ptr<RpcCall> call) {
                  return std::make_unique<Repeater>(std::move(call), log);
                }));
    methods.Add("/test.Echo/Never", RpcUnary([this](std::string_view, std::shared_ptr<RpcCall> call) { kept = call; }));
  }

  RpcMethods methods;
  std::vector<std::string> log;
  std::shared_ptr<RpcCall> kept;
};

TEST_F(MemoryRpcTest, AUnaryCallHasOneMessageAndOneEnd) {
  const auto call = MemoryRpc::Begin(methods, "/test.Echo/Once", {.token = "t:"});
  EXPECT_FALSE(call->ended());
  call->Write("hello");
  EXPECT_EQ(call->status(), std::nullopt) << "a message waits";
  EXPECT_EQ(call->Take(), "t:hello");
  EXPECT_EQ(call->status(), RpcStatus{});
}

TEST_F(MemoryRpcTest, AnUnknownMethodIsUnimplemented) {
  EXPECT_EQ(MemoryRpc::Begin(methods, "/test.Echo/Twice")->status(),
            (RpcStatus{RpcCode::kUnimplemented, "unknown method Twice for service test.Echo"}));
  EXPECT_EQ(MemoryRpc::Begin(methods, "Twice")->status(),
            (RpcStatus{RpcCode::kUnimplemented, "malformed method name: \"Twice\""}));
}

TEST_F(MemoryRpcTest, AStreamEndsByTheServiceAndIsReleased) {
  const auto call = MemoryRpc::Begin(methods, "/test.Echo/Many");
  call->Write("a");
  call->Write("b");
  call->Write("end");
  EXPECT_EQ(log, std::vector<std::string>{"gone"});
  call->Write("c");
  EXPECT_EQ(call->Take(), "aa");
  EXPECT_EQ(call->Take(), "bb");
  EXPECT_EQ(call->Take(), std::nullopt);
  EXPECT_EQ(call->status(), (RpcStatus{RpcCode::kAborted, "as you wish"}));
}

TEST_F(MemoryRpcTest, ACancelledStreamHearsOfItAndItsAnswersGoNowhere) {
  const auto call = MemoryRpc::Begin(methods, "/test.Echo/Many");
  call->Cancel();
  EXPECT_EQ(log, (std::vector<std::string>{"ended", "gone"}));
  const auto unary = MemoryRpc::Begin(methods, "/test.Echo/Never");
  unary->Write("x");
  unary->Cancel();
  ASSERT_NE(kept, nullptr);
  EXPECT_TRUE(kept->ended());
  kept->Reply("too late");
  EXPECT_EQ(unary->Take(), std::nullopt);
  EXPECT_EQ(unary->status()->code, RpcCode::kCancelled);
}

TEST_F(MemoryRpcTest, ASlowClientShowsInTheUnsentBytes) {
  const auto call = MemoryRpc::Begin(methods, "/test.Echo/Many");
  call->window_bytes = 4;
  call->Write("abc");
  EXPECT_EQ(call->unsent_bytes(), 2u);
  EXPECT_EQ(call->Take(), "abcabc");
  EXPECT_EQ(call->unsent_bytes(), 0u);
  EXPECT_EQ(log, std::vector<std::string>{"progress"});
  call->Cancel();
  EXPECT_EQ(log, (std::vector<std::string>{"progress", "ended", "gone"}));
}

class MemoryRpcClientTest : public MemoryRpcTest {
 protected:
  void Ask(const std::string& method) {
    client.Call(method, "hello", 1000, [this](const RpcStatus& status, const std::string& message) {
      log.push_back(std::to_string(static_cast<int>(status.code)) + ":" + message);
    });
  }

  MemoryClock clock;
  std::optional<int64_t> travel = 100;
  const RpcMethods* there = &methods;
  MemoryRpcClient client{clock, [this] { return there; }, [this] { return travel; }};
};

TEST_F(MemoryRpcClientTest, AnAnswerTravelsBothWays) {
  Ask("/test.Echo/Once");
  clock.Advance(199);
  EXPECT_TRUE(log.empty());
  clock.Advance(1);
  EXPECT_EQ(log, std::vector<std::string>{"0:hello"});
  Ask("/test.Echo/Never");
  clock.Advance(500);
  ASSERT_NE(kept, nullptr);
  kept->Reply("later");
  clock.Advance(100);
  EXPECT_EQ(log.back(), "0:later");
  Ask("/test.Echo/Twice");
  clock.Advance(200);
  EXPECT_EQ(log.back(), "12:");
  clock.Advance(5000);
  EXPECT_EQ(log.size(), 3u);
}

TEST_F(MemoryRpcClientTest, WhatGetsLostEndsInTime) {
  travel = std::nullopt;
  Ask("/test.Echo/Once");
  clock.Advance(1000);
  EXPECT_EQ(log, std::vector<std::string>{"4:"});
  travel = 100;
  Ask("/test.Echo/Never");
  clock.Advance(1000);
  EXPECT_EQ(log, (std::vector<std::string>{"4:", "4:"}));
  EXPECT_TRUE(kept->ended()) << "the server hears of it";
  there = nullptr;
  Ask("/test.Echo/Once");
  clock.Advance(100);
  EXPECT_EQ(log.back(), "14:");
}

}  // namespace
}  // namespace lockstep::runtime

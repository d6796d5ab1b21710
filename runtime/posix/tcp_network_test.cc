#include "runtime/posix/tcp_network.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace lockstep::runtime {
namespace {

class Collector final : public ConnectionHandler {
 public:
  void OnConnected() override {
    connected = true;
    if (changed) changed();
  }
  std::span<char> SpaceForBytes() override { return space; }
  void OnBytes(size_t count) override {
    received.append(space.data(), count);
    if (changed) changed();
  }
  void OnProgress() override {}
  void OnClosed(const absl::Status& why) override {
    closed = why;
    if (changed) changed();
  }

  std::array<char, 50'000> space{};
  bool connected = false;
  std::string received;
  absl::Status closed;
  std::function<void()> changed;
};

// An authority and certificates for names, made with OpenSSL's program.
class Certificates {
 public:
  explicit Certificates(const std::string& folder) : folder_(folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority"
        " -keyout authority.key -out authority.pem");
  }
  TlsFiles Make(const std::string& name) {
    Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".csr");
    Run("openssl x509 -req -days 2 -in " + name + ".csr -CA authority.pem -CAkey authority.key -CAcreateserial -out " +
        name + ".pem");
    return {folder_ + "/" + name + ".pem", folder_ + "/" + name + ".key", folder_ + "/authority.pem"};
  }

 private:
  void Run(const std::string& command) {
    ASSERT_EQ(std::system(("cd " + folder_ + " && " + command + " >log 2>&1").c_str()), 0) << command;
  }
  const std::string folder_;
};

class TcpNetworkTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      Certificates certificates(testing::TempDir() + "/tls");
      tls_one = *TlsContext::Load(certificates.Make("one"));
      tls_two = *TlsContext::Load(certificates.Make("two"));
    }
    one = std::make_unique<TcpNetwork>(loop, tls_one);
    two = std::make_unique<TcpNetwork>(loop, tls_two);
    listener = *two->Listen("127.0.0.1:0", [this](std::unique_ptr<Connection> connection) {
      connection->SetHandler(at_two);
      accepted = std::move(connection);
      loop.Stop();
    });
  }
  template <typename Done>
  void RunUntil(const Done& done) {
    at_one.changed = at_two.changed = [this, &done] {
      if (done()) loop.Stop();
    };
    bool late = false;
    const TaskId limit = loop.RunAfter(20'000'000, [this, &late] {
      late = true;
      loop.Stop();
    });
    while (!done() && !late) loop.Run();
    EXPECT_FALSE(late) << "not within the time allowed";
    loop.Cancel(limit);
    at_one.changed = at_two.changed = nullptr;
  }
  std::unique_ptr<Connection> Connect() {
    auto connection = one->Connect(listener->address(), at_one);
    RunUntil([this] { return at_one.connected && accepted != nullptr; });
    return connection;
  }

  EventLoop loop;
  std::shared_ptr<TlsContext> tls_one;
  std::shared_ptr<TlsContext> tls_two;
  std::unique_ptr<TcpNetwork> one;
  std::unique_ptr<TcpNetwork> two;
  Collector at_one;
  Collector at_two;
  std::unique_ptr<Connection> accepted;
  std::unique_ptr<Listener> listener;
};

TEST_P(TcpNetworkTest, BytesArriveInOrderInBothDirections) {
  auto connection = Connect();
  EXPECT_EQ(connection->peer_name(), GetParam() ? "two" : "");
  EXPECT_EQ(accepted->peer_name(), GetParam() ? "one" : "");
  std::string sent;
  for (int i = 0; i < 200; ++i) {
    const std::string part(static_cast<size_t>(i * 373), static_cast<char>('a' + i % 26));
    connection->Write({SharedBytes(part), SharedBytes(std::string("|"))});
    sent += part + "|";
  }
  EXPECT_EQ(connection->unsent_bytes(), sent.size());
  accepted->Write({SharedBytes("back")});
  RunUntil([&] { return at_two.received.size() >= sent.size() && at_one.received.size() >= 4; });
  EXPECT_EQ(at_two.received, sent);
  EXPECT_EQ(at_one.received, "back");
  EXPECT_EQ(connection->unsent_bytes(), 0u);
}

TEST_P(TcpNetworkTest, ClosingIsTold) {
  auto connection = Connect();
  accepted.reset();
  RunUntil([&] { return !at_one.closed.ok(); });
  connection->Write({SharedBytes("to nobody")});
  connection.reset();
}

TEST_P(TcpNetworkTest, NobodyAnswers) {
  const std::string address = listener->address();
  listener.reset();
  auto connection = one->Connect(address, at_one);
  RunUntil([&] { return !at_one.closed.ok(); });
  EXPECT_EQ(at_one.closed.code(), absl::StatusCode::kUnavailable);
}

TEST_P(TcpNetworkTest, NamesAreLookedUp) {
  const std::string address = "localhost" + listener->address().substr(listener->address().rfind(':'));
  auto connection = one->Connect(address, at_one);
  RunUntil([&] { return at_one.connected || !at_one.closed.ok(); });
  EXPECT_TRUE(at_one.connected || at_one.closed.code() == absl::StatusCode::kUnavailable) << at_one.closed;
  auto nonsense = one->Connect("nonsense", at_two);
  RunUntil([&] { return !at_two.closed.ok(); });
  EXPECT_NE(at_two.closed.message().find("HOST:PORT"), std::string::npos) << at_two.closed;
}

TEST_P(TcpNetworkTest, AnAddressIsTakenOnce) {
  EXPECT_FALSE(one->Listen(listener->address(), nullptr).ok());
  EXPECT_FALSE(one->Listen("127.0.0.1", nullptr).ok());
}

INSTANTIATE_TEST_SUITE_P(ClearAndTls, TcpNetworkTest, testing::Bool());

TEST(TlsTest, StrangersAreRefused) {
  const std::string folder = testing::TempDir();
  Certificates ours(folder + "/ours");
  Certificates theirs(folder + "/theirs");
  EventLoop loop;
  TcpNetwork server(loop, *TlsContext::Load(ours.Make("server")));
  TcpNetwork stranger(loop, *TlsContext::Load(theirs.Make("stranger")));
  TcpNetwork in_the_clear(loop, nullptr);
  bool accepted = false;
  auto listener = *server.Listen("127.0.0.1:0", [&accepted](std::unique_ptr<Connection>) { accepted = true; });
  for (TcpNetwork* network : {&stranger, &in_the_clear}) {
    Collector collector;
    collector.changed = [&] {
      if (!collector.closed.ok()) loop.Stop();
    };
    auto connection = network->Connect(listener->address(), collector);
    connection->Write({SharedBytes("hello")});
    loop.Run();
    EXPECT_FALSE(collector.closed.ok());
  }
  EXPECT_FALSE(accepted);
}

TEST(TlsTest, AFileThatIsNoneIsNamed) {
  const auto context = TlsContext::Load({"/nowhere/one.pem", "/nowhere/one.key", "/nowhere/authority.pem"});
  EXPECT_NE(context.status().message().find("/nowhere/one.pem"), std::string::npos) << context.status();
}

// A server for clients: they need not show a certificate, and may come in the clear where that is accepted.
TEST(TlsPolicyTest, ClientsMayComeWithoutACertificateOrInTheClear) {
  Certificates certificates(testing::TempDir() + "/tls_policy");
  const TlsFiles files = certificates.Make("server");
  const auto reach = [&](const TlsPolicy& server, std::shared_ptr<TlsContext> client) {
    EventLoop loop;
    TcpNetwork serving(loop, *TlsContext::Load(files, server));
    TcpNetwork asking(loop, std::move(client));
    Collector at_server;
    Collector at_client;
    std::unique_ptr<Connection> accepted;
    const auto listener = *serving.Listen("127.0.0.1:0", [&](std::unique_ptr<Connection> connection) {
      connection->SetHandler(at_server);
      accepted = std::move(connection);
      accepted->Write({SharedBytes("hello")});
    });
    const auto connection = asking.Connect(listener->address(), at_client);
    connection->Write({SharedBytes("x")});
    at_client.changed = [&] {
      if (!at_client.received.empty() || !at_client.closed.ok()) loop.Stop();
    };
    loop.RunAfter(20'000'000, [&loop] { loop.Stop(); });
    loop.Run();
    return at_client.received;
  };
  const auto unverified = *TlsContext::Load(certificates.Make("client"), {.verify = TlsVerify::kNever});
  const auto stranger = *TlsContext::Load(Certificates(testing::TempDir() + "/tls_stranger").Make("stranger"),
                                          {.verify = TlsVerify::kNever});
  EXPECT_EQ(reach({.verify = TlsVerify::kAlways}, unverified), "hello");
  EXPECT_EQ(reach({.verify = TlsVerify::kAlways}, stranger), "");
  EXPECT_EQ(reach({.verify = TlsVerify::kNever}, stranger), "hello");
  EXPECT_EQ(reach({.verify = TlsVerify::kIfShown}, nullptr), "") << "in the clear";
  EXPECT_EQ(reach({.verify = TlsVerify::kIfShown, .accepts_plain = true}, nullptr), "hello");
  EXPECT_EQ(reach({.verify = TlsVerify::kIfShown, .accepts_plain = true}, unverified), "hello");
}

}  // namespace
}  // namespace lockstep::runtime

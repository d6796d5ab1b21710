#include "runtime/posix/tcp_network.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/posix/file_calls.h"
#include "runtime/posix/tcp_connection.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kHandshakeMicros = 5'000'000;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

enum class Lookup : uint8_t { kNumbersOnly, kNames };

absl::StatusOr<SocketAddress> Resolve(const std::string& address, Lookup lookup, bool passive) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(address, ": an address is HOST:PORT"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0) | (lookup == Lookup::kNumbersOnly ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.empty() ? nullptr : host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
  if (error != 0) return absl::UnavailableError(absl::StrCat(address, ": ", gai_strerror(error)));
  // "localhost" is both, and others look for it where IPv4 has it.
  const addrinfo* chosen = found;
  while (chosen != nullptr && chosen->ai_family != AF_INET) chosen = chosen->ai_next;
  if (chosen == nullptr) chosen = found;
  SocketAddress result;
  result.size = chosen->ai_addrlen;
  std::memcpy(&result.storage, chosen->ai_addr, chosen->ai_addrlen);
  freeaddrinfo(found);
  return result;
}

sockaddr* Plain(SocketAddress& address) { return reinterpret_cast<sockaddr*>(&address.storage); }

int OpenSocket(const SocketAddress& address) {
  return socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void SendAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string Text(SocketAddress& address) {
  char host[NI_MAXHOST] = "";
  char port[NI_MAXSERV] = "";
  getnameinfo(Plain(address), address.size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  return address.storage.ss_family == AF_INET6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

void StartConnecting(TcpConnection& connection, const std::string& text, absl::StatusOr<SocketAddress> address,
                     const TlsContext* tls) {
  if (!address.ok()) return connection.Fail(address.status());
  const int fd = OpenSocket(*address);
  if (fd < 0) return connection.Fail(ErrnoStatus(errno, text, "open a socket"));
  SendAtOnce(fd);
  if (connect(fd, Plain(*address), address->size) != 0 && errno != EINPROGRESS) {
    const absl::Status status = absl::UnavailableError(ErrnoStatus(errno, text, "connect").message());
    close(fd);
    return connection.Fail(status);
  }
  connection.Begin(fd, /*connecting=*/true, tls == nullptr ? nullptr : tls->Client(fd), nullptr);
}

// A socket that listens. Connections are handed on once hands are shaken.
class TcpListener final : public Listener {
 public:
  TcpListener(EventLoop& loop, int fd, std::string address, std::shared_ptr<TlsContext> tls, Network::Accept accept)
      : loop_(loop), fd_(fd), address_(std::move(address)), tls_(std::move(tls)), accept_(std::move(accept)) {
    loop_.Watch(fd_, EPOLLIN, [this](uint32_t) { AcceptAll(); });
  }
  ~TcpListener() override {
    *alive_ = false;
    loop_.Unwatch(fd_);
    close(fd_);
  }
  std::string address() const override { return address_; }

 private:
  void AcceptAll() {
    while (true) {
      const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      SendAtOnce(fd);
      const uint64_t number = next_number_++;
      auto connection = std::make_unique<TcpConnection>(loop_, nullptr);
      TcpConnection& fresh = *connection;
      shaking_[number] = std::move(connection);
      fresh.Begin(
          fd, /*connecting=*/false, tls_ == nullptr ? nullptr : tls_->Server(fd),
          [this, number](const absl::Status& status) { Shaken(number, status); },
          tls_ != nullptr && tls_->policy().accepts_plain);
      loop_.RunAfter(kHandshakeMicros, [this, alive = alive_, number] {
        if (*alive) shaking_.erase(number);
      });
    }
  }

  void Shaken(uint64_t number, const absl::Status& status) {
    auto node = shaking_.extract(number);
    if (node.empty()) return;
    if (status.ok()) return accept_(std::move(node.mapped()));
    // This is a call of the connection itself: it ends when that has returned.
    loop_.RunAfter(0, [ended = std::shared_ptr<TcpConnection>(std::move(node.mapped()))] {});
  }

  EventLoop& loop_;
  const int fd_;
  const std::string address_;
  const std::shared_ptr<TlsContext> tls_;
  const Network::Accept accept_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<uint64_t, std::unique_ptr<TcpConnection>> shaking_;
  uint64_t next_number_ = 1;
};

}  // namespace

TcpNetwork::TcpNetwork(EventLoop& loop, std::shared_ptr<TlsContext> tls) : loop_(loop), tls_(std::move(tls)) {
  // OpenSSL writes in a way that a closed connection would end the process by.
  signal(SIGPIPE, SIG_IGN);
}

TcpNetwork::~TcpNetwork() { *alive_ = false; }

std::unique_ptr<Connection> TcpNetwork::Connect(const std::string& address, ConnectionHandler& handler) {
  auto connection = std::make_unique<TcpConnection>(loop_, &handler);
  auto resolved = Resolve(address, Lookup::kNumbersOnly, false);
  if (resolved.ok()) {
    StartConnecting(*connection, address, *resolved, tls_.get());
    return connection;
  }
  resolver_.Add([this, address, target = connection.get(), there = connection->alive(), alive = alive_] {
    auto found = std::make_shared<absl::StatusOr<SocketAddress>>(Resolve(address, Lookup::kNames, false));
    loop_.Post([this, address, target, there, alive, found] {
      if (*alive && *there) StartConnecting(*target, address, *found, tls_.get());
    });
  });
  return connection;
}

absl::StatusOr<std::unique_ptr<Listener>> TcpNetwork::Listen(const std::string& address, Accept accept) {
  auto resolved = Resolve(address, Lookup::kNames, true);
  if (!resolved.ok()) return resolved.status();
  const int fd = OpenSocket(*resolved);
  if (fd < 0) return ErrnoStatus(errno, address, "open a socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, Plain(*resolved), resolved->size) != 0 || listen(fd, SOMAXCONN) != 0) {
    const absl::Status status = ErrnoStatus(errno, address, "listen");
    close(fd);
    return status;
  }
  getsockname(fd, Plain(*resolved), &resolved->size);
  return std::make_unique<TcpListener>(loop_, fd, Text(*resolved), tls_, std::move(accept));
}

}  // namespace lockstep::runtime

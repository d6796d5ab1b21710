#include "runtime/posix/tcp_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/posix/file_calls.h"

namespace lockstep::runtime {
namespace {

constexpr size_t kPiecesMax = 64;
// Others have their turn after so many reads.
constexpr int kReadsMax = 16;

absl::Status SocketStatus(int error, std::string_view what) {
  const absl::Status status = ErrnoStatus(error, "connection", what);
  return absl::UnavailableError(status.message());
}

}  // namespace

TcpConnection::~TcpConnection() {
  *alive_ = false;
  if (fd_ < 0) return;
  loop_.Unwatch(fd_);
  tls_.reset();
  close(fd_);
}

void TcpConnection::Begin(int fd, bool connecting, std::unique_ptr<TlsSession> tls, Ready ready, bool may_be_plain) {
  fd_ = fd;
  may_be_plain_ = may_be_plain;
  tls_ = std::move(tls);
  ready_ = std::move(ready);
  stage_ = connecting ? Stage::kConnecting : Stage::kShaking;
  watching_write_ = true;
  loop_.Watch(fd_, EPOLLIN | EPOLLOUT, [this](uint32_t events) { OnEvents(events); });
}

void TcpConnection::Fail(const absl::Status& why) {
  loop_.RunAfter(0, [this, alive = alive_, why] {
    if (*alive) End(why);
  });
}

void TcpConnection::WatchFor(bool writing) {
  if (writing == watching_write_ || fd_ < 0) return;
  watching_write_ = writing;
  loop_.ChangeWatch(fd_, writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void TcpConnection::OnEvents(uint32_t events) {
  if (stage_ == Stage::kEnded) return;
  if (stage_ == Stage::kConnecting || stage_ == Stage::kShaking) return GoOn();
  const std::shared_ptr<bool> alive = alive_;
  if ((events & EPOLLOUT) != 0) Flush();
  if (*alive && stage_ == Stage::kUp && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Read();
}

// Connecting and shaking hands.
void TcpConnection::GoOn() {
  if (stage_ == Stage::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return End(SocketStatus(error, "connect"));
    stage_ = Stage::kShaking;
  }
  if (may_be_plain_ && !FindOutWhetherPlain()) return WatchFor(false);
  if (tls_ != nullptr) {
    TlsProgress progress;
    const auto done = tls_->Handshake(&progress);
    if (!done.ok()) return End(done.status());
    if (!*done) return WatchFor(progress.wants_write);
  }
  stage_ = Stage::kUp;
  WatchFor(!out_.empty());
  // What came with the handshake waits within TLS, where epoll does not see it.
  loop_.RunAfter(0, [this, alive = alive_] {
    if (*alive && stage_ == Stage::kUp) Read();
  });
  const Ready ready = std::exchange(ready_, nullptr);
  if (ready != nullptr) {
    ready(absl::OkStatus());
  } else {
    handler_->OnConnected();
  }
}

// TLS begins with a record of the handshake. Returns whether the first byte is there.
bool TcpConnection::FindOutWhetherPlain() {
  constexpr char kHandshakeRecord = 0x16;
  char first = 0;
  const ssize_t count = recv(fd_, &first, 1, MSG_PEEK);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  may_be_plain_ = false;
  if (count == 1 && first != kHandshakeRecord) tls_.reset();
  return true;
}

void TcpConnection::Read() {
  const std::shared_ptr<bool> alive = alive_;
  for (int i = 0; i < kReadsMax; ++i) {
    if (stage_ != Stage::kUp || handler_ == nullptr) return;
    const std::span<char> space = handler_->SpaceForBytes();
    size_t count = 0;
    if (tls_ != nullptr) {
      const auto read = tls_->Read(space);
      if (!read.ok()) return End(read.status());
      count = read->bytes;
      if (count == 0) return;
    } else {
      const ssize_t result = recv(fd_, space.data(), space.size(), 0);
      if (result < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (result < 0) return End(SocketStatus(errno, "read"));
      if (result == 0) return End(absl::UnavailableError("the other side closed the connection"));
      count = static_cast<size_t>(result);
    }
    handler_->OnBytes(count);
    if (!*alive) return;
    if (tls_ == nullptr && count < space.size()) return;  // There is no more at present.
  }
  loop_.RunAfter(0, [this, alive] {
    if (*alive) Read();
  });
}

void TcpConnection::Write(std::vector<SharedBytes> parts) {
  if (stage_ == Stage::kEnded) return;
  for (SharedBytes& part : parts) {
    if (part.empty()) continue;
    unsent_ += part.size();
    out_.push_back(std::move(part));
  }
  FlushSoon();
}

// Once what is under way has ended, so that whatever one turn says leaves together.
void TcpConnection::FlushSoon() {
  if (flush_scheduled_ || watching_write_) return;
  flush_scheduled_ = true;
  loop_.RunAfter(0, [this, alive = alive_] {
    if (!*alive) return;
    flush_scheduled_ = false;
    Flush();
  });
}

void TcpConnection::Flush() {
  if (stage_ != Stage::kUp) return;
  size_t total = 0;
  bool more = true;
  while (more && !out_.empty()) {
    const auto sent = WriteSome(&more);
    if (!sent.ok()) return End(sent.status());
    Sent(*sent);
    total += *sent;
  }
  WatchFor(!out_.empty());
  if (total > 0 && handler_ != nullptr) handler_->OnProgress();
}

// Sends some of what waits. `more` becomes false if the socket takes no more at present.
absl::StatusOr<size_t> TcpConnection::WriteSome(bool* more) {
  if (tls_ != nullptr) {
    const auto written = tls_->Write(out_.front().view().substr(sent_of_first_));
    if (!written.ok()) return written.status();
    *more = written->bytes > 0;
    return written->bytes;
  }
  iovec pieces[kPiecesMax];
  size_t count = 0;
  size_t skip = sent_of_first_;
  size_t wanted = 0;
  for (const SharedBytes& part : out_) {
    if (count == kPiecesMax) break;
    // sendmsg does not change what it sends.
    pieces[count++] = {const_cast<char*>(part.data()) + skip, part.size() - skip};
    wanted += part.size() - skip;
    skip = 0;
  }
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return SocketStatus(errno, "write");
  *more = sent == static_cast<ssize_t>(wanted);
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

void TcpConnection::Sent(size_t bytes) {
  unsent_ -= bytes;
  sent_of_first_ += bytes;
  while (!out_.empty() && sent_of_first_ >= out_.front().size()) {
    sent_of_first_ -= out_.front().size();
    out_.pop_front();
  }
}

void TcpConnection::End(const absl::Status& why) {
  if (stage_ == Stage::kEnded) return;
  stage_ = Stage::kEnded;
  if (fd_ >= 0) {
    loop_.Unwatch(fd_);
    tls_.reset();
    close(fd_);
    fd_ = -1;
  }
  out_.clear();
  unsent_ = 0;
  const Ready ready = std::exchange(ready_, nullptr);
  if (ready != nullptr) return ready(why);
  if (handler_ != nullptr) handler_->OnClosed(why);
}

}  // namespace lockstep::runtime

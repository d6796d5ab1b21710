#include "runtime/lockstepd/networks.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/lockstepd/certificates.h"

namespace lockstep::runtime {
namespace {

// Standard names, as flags have them, in OpenSSL's words. Those of TLS 1.3 are always allowed.
absl::StatusOr<std::string> OpenSslCiphers(const std::string& names) {
  std::string ciphers;
  for (const absl::string_view part : absl::StrSplit(names, ',', absl::SkipEmpty())) {
    const std::string name(part);
    const std::string ours = OPENSSL_cipher_name(name.c_str());
    if (ours == "(NONE)") {
      return absl::InvalidArgumentError(absl::StrCat("--cipher-suites: there is no cipher '", name, "'"));
    }
    if (!ours.starts_with("TLS_")) absl::StrAppend(&ciphers, ciphers.empty() ? "" : ":", ours);
  }
  return ciphers;
}

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

absl::StatusOr<std::optional<PeerTls>> MakePeerTls(const Settings& settings) {
  const TlsSettings& tls = settings.peer_tls;
  if (!settings.listen_peers.is_secure) return std::optional<PeerTls>();
  PeerTls peer{.files = tls.files};
  if (tls.automatic) {
    auto made = MakeCertificate(settings.data_dir + "/fixtures/peer", HostOf(settings.listen_peers.address));
    if (!made.ok()) return made.status();
    peer.files = *std::move(made);
  }
  // Without an authority nobody can be told from anybody: secrecy is all that is left.
  peer.policy.verify = peer.files.authority.empty() ? TlsVerify::kNever : TlsVerify::kAlways;
  return std::optional(peer);
}

absl::StatusOr<std::unique_ptr<ClientNetworks>> ClientNetworks::Make(EventLoop& loop, const Settings& settings) {
  std::unique_ptr<ClientNetworks> networks(new ClientNetworks(settings));
  networks->plain_ = std::make_unique<TcpNetwork>(loop, nullptr);
  if (!settings.client_tls.is_set()) return networks;
  TlsFiles files = settings.client_tls.files;
  if (settings.client_tls.automatic) {
    const std::string host = settings.listen_clients.empty() ? "localhost" : HostOf(settings.listen_clients[0].address);
    auto made = MakeCertificate(settings.data_dir + "/fixtures/client", host);
    if (!made.ok()) return made.status();
    files = *std::move(made);
  }
  auto ciphers = OpenSslCiphers(settings.ciphers);
  if (!ciphers.ok()) return ciphers.status();
  TlsPolicy policy{.verify = TlsVerify::kNever, .allows_tls_1_2 = true, .speaks_http = true, .ciphers = *ciphers};
  if (!files.authority.empty()) policy.verify = TlsVerify::kIfShown;
  if (settings.client_tls.demands_certificates) policy.verify = TlsVerify::kAlways;
  auto secure = TlsContext::Load(files, policy);
  if (!secure.ok()) return secure.status();
  networks->secure_ = std::make_unique<TcpNetwork>(loop, *std::move(secure));
  policy.accepts_plain = true;
  auto either = TlsContext::Load(files, policy);
  if (!either.ok()) return either.status();
  networks->either_ = std::make_unique<TcpNetwork>(loop, *std::move(either));
  return networks;
}

Network& ClientNetworks::For(const std::string& address) {
  const auto asks = [&](bool is_secure) {
    const auto in = [&](const std::vector<Url>& urls) {
      return std::find(urls.begin(), urls.end(), Url{is_secure, address}) != urls.end();
    };
    return in(settings_.listen_clients) || in(settings_.listen_metrics);
  };
  if (!asks(true) || secure_ == nullptr) return *plain_;
  return asks(false) ? *either_ : *secure_;
}

}  // namespace lockstep::runtime

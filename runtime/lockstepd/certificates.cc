#include "runtime/lockstepd/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

constexpr long kSecondsValid = 365L * 24 * 3600;

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;
using Stream = std::unique_ptr<FILE, Freeing<fclose>>;

bool AddExtension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool Fill(X509* certificate, EVP_PKEY* key, const std::string& host) {
  const bool is_number = host.find_first_not_of("0123456789.:[]") == std::string::npos;
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_set_version(certificate, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kSecondsValid) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("lockstep"), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 &&
         AddExtension(certificate, NID_subject_alt_name, (is_number ? "IP:" : "DNS:") + host) &&
         AddExtension(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

absl::StatusOr<TlsFiles> MakeCertificate(const std::string& folder, const std::string& host) {
  TlsFiles files{.certificate = folder + "/cert.pem", .key = folder + "/key.pem"};
  if (std::filesystem::exists(files.certificate) && std::filesystem::exists(files.key)) return files;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (key == nullptr || certificate == nullptr || !Fill(certificate.get(), key.get(), host)) {
    return absl::InternalError(absl::StrCat("no certificate can be made for ", host));
  }
  const Stream key_file(std::fopen(files.key.c_str(), "w"));
  const Stream certificate_file(std::fopen(files.certificate.c_str(), "w"));
  if (key_file != nullptr) {
    std::filesystem::permissions(files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                                 error);
  }
  if (key_file == nullptr || certificate_file == nullptr ||
      PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_X509(certificate_file.get(), certificate.get()) != 1) {
    return absl::UnavailableError(absl::StrCat(folder, ": a certificate cannot be written there"));
  }
  return files;
}

}  // namespace lockstep::runtime

#include "runtime/gateway/json_gateway.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "runtime/gateway/paths.h"
#include "runtime/rpc/memory_rpc.h"

namespace lockstep::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// Waiting at the client, beyond which a stream's service is to wait too.
constexpr size_t kUnsentBytesMax = 256 << 10;

std::unique_ptr<Message> NewMessage(const Descriptor* type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

absl::StatusOr<std::string> FromJson(const Descriptor* type, const std::string& json) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const std::unique_ptr<Message> message = NewMessage(type);
  const auto status = google::protobuf::util::JsonStringToMessage(json, message.get(), options);
  if (!status.ok()) return absl::InvalidArgumentError(absl::string_view(status.message().data(), status.message().size()));
  return message->SerializeAsString();
}

std::string ToJson(const Descriptor* type, const std::string& bytes) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const std::unique_ptr<Message> message = NewMessage(type);
  std::string json;
  if (!message->ParseFromString(bytes) || !google::protobuf::util::MessageToJsonString(*message, &json, options).ok()) {
    return "{}";
  }
  return json;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + "\"";
}

// The JSON values that `text` is made of, one after the other; none: an empty one, as a body may be left out.
std::vector<std::string> SplitValues(const std::string& text) {
  std::vector<std::string> values;
  int depth = 0;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
      continue;
    }
    quoted = c == '"';
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (c != '}' || depth != 0) continue;
    values.push_back(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  std::string rest = text.substr(begin);
  while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.back())) != 0) rest.pop_back();
  if (!rest.empty()) values.push_back(std::move(rest));
  if (values.empty()) values.emplace_back("{}");
  return values;
}

struct HttpCode {
  int status;
  std::string_view text;
};

// By gRPC's numbers, as in etcd's gateway.
HttpCode HttpCodeOf(RpcCode code) {
  static constexpr HttpCode kCodes[] = {{200, "OK"},
                                        {408, "Request Timeout"},
                                        {500, "Internal Server Error"},
                                        {400, "Bad Request"},
                                        {504, "Gateway Timeout"},
                                        {404, "Not Found"},
                                        {409, "Conflict"},
                                        {403, "Forbidden"},
                                        {429, "Too Many Requests"},
                                        {412, "Precondition Failed"},
                                        {409, "Conflict"},
                                        {400, "Bad Request"},
                                        {501, "Not Implemented"},
                                        {500, "Internal Server Error"},
                                        {503, "Service Unavailable"},
                                        {500, "Internal Server Error"},
                                        {401, "Unauthorized"}};
  return kCodes[static_cast<size_t>(code)];
}

std::string ErrorJson(const RpcStatus& status) {
  const std::string text = Quoted(status.text);
  return absl::StrCat(R"({"error":)", text, R"(,"message":)", text, R"(,"code":)", static_cast<int>(status.code), "}");
}

std::string StreamErrorJson(const RpcStatus& status) {
  const HttpCode http = HttpCodeOf(status.code);
  return absl::StrCat(R"({"error":{"grpc_code":)", static_cast<int>(status.code), R"(,"http_code":)", http.status,
                      R"(,"message":)", Quoted(status.text), R"(,"http_status":")",
                      absl::string_view(http.text.data(), http.text.size()), R"("}})");
}

}  // namespace

// One call. It is kept by the reply, which lets it go once the last piece is said or the client is gone.
class JsonGateway::Call final : public std::enable_shared_from_this<Call> {
 public:
  Call(Scheduler& scheduler, const MethodDescriptor& method, std::shared_ptr<HttpReply> reply)
      : scheduler_(scheduler), method_(method), reply_(std::move(reply)) {}

  void Begin(const RpcMethods& methods, const std::vector<std::string>& requests) {
    reply_->Listen([self = shared_from_this()] { self->GoOn(); }, [self = shared_from_this()] { self->rpc_->Cancel(); });
    rpc_ = MemoryRpc::Begin(methods, absl::StrCat("/", method_.service()->full_name(), "/", method_.name()));
    rpc_->window_bytes = kUnsentBytesMax;
    rpc_->SetNotify([call = weak_from_this()] {
      if (const auto self = call.lock()) self->GoOnSoon();
    });
    for (const std::string& request : requests) rpc_->Write(request);
    if (method_.client_streaming() || method_.server_streaming()) rpc_->HalfClose();
    GoOnSoon();
  }

 private:
  // Not within a call of the service's, which is in the middle of something.
  void GoOnSoon() {
    if (std::exchange(scheduled_, true)) return;
    scheduler_.RunAfter(0, [self = shared_from_this()] {
      self->scheduled_ = false;
      self->GoOn();
    });
  }

  void GoOn() {
    while (!done_ && reply_->unsent_bytes() < kUnsentBytesMax) {
      std::optional<std::string> message = rpc_->Take();
      if (!message.has_value()) break;
      if (!method_.server_streaming()) {
        answer_ = *std::move(message);
        continue;
      }
      begun_ = true;
      Say(200, absl::StrCat(R"({"result":)", ToJson(method_.output_type(), *message), "}\n"), true);
    }
    const std::optional<RpcStatus> status = rpc_->status();
    if (!done_ && status.has_value()) End(*status);
  }

  void End(const RpcStatus& status) {
    done_ = true;
    const int code = HttpCodeOf(status.code).status;
    if (!method_.server_streaming()) {
      return Say(code, status.ok() ? ToJson(method_.output_type(), answer_) : ErrorJson(status), false);
    }
    Say(begun_ ? 200 : code, status.ok() ? "" : StreamErrorJson(status), false);
  }

  void Say(int status, std::string body, bool more) {
    reply_->Respond(
        {.status = status, .content_type = "application/json", .body = std::move(body), .more = more});
  }

  Scheduler& scheduler_;
  const MethodDescriptor& method_;
  const std::shared_ptr<HttpReply> reply_;
  std::shared_ptr<MemoryRpc> rpc_;
  std::string answer_;  // Of a unary call.
  bool scheduled_ = false;
  bool begun_ = false;
  bool done_ = false;
};

bool JsonGateway::Serve(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
  const auto path = WithoutVersion(request.path);
  if (!path.has_value()) return false;
  const MethodDescriptor* method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(std::string(MethodAt(*path)));
  if (method == nullptr) {
    reply->Respond({.status = 404, .body = "Not Found\n"});
    return true;
  }
  if (request.method != "POST") {
    reply->Respond({.status = 405, .body = "Method Not Allowed\n"});
    return true;
  }
  std::vector<std::string> requests;
  for (const std::string& value : SplitValues(request.body)) {
    auto bytes = FromJson(method->input_type(), value);
    if (!bytes.ok()) {
      const RpcStatus status{RpcCode::kInvalidArgument, std::string(bytes.status().message())};
      reply->Respond({.status = 400, .content_type = "application/json", .body = ErrorJson(status)});
      return true;
    }
    requests.push_back(*std::move(bytes));
    if (!method->client_streaming()) break;  // What follows the message is nobody's.
  }
  std::make_shared<Call>(scheduler_, *method, reply)->Begin(methods_, requests);
  return true;
}

}  // namespace lockstep::runtime

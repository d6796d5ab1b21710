#include "runtime/introspection/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kvsm/api/reflection.pb.h"

namespace lockstep::runtime {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

void SetError(RpcCode code, const std::string& text, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(static_cast<int>(code));
  response.mutable_error_response()->set_error_message(text);
}

// `file` and all it needs, each once.
void AddFile(const FileDescriptor* file, std::set<const FileDescriptor*>& added, ServerReflectionResponse& response) {
  if (!added.insert(file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i), added, response);
}

void AnswerWithFile(const FileDescriptor* file, const std::string& wanted, ServerReflectionResponse& response) {
  if (file == nullptr) return SetError(RpcCode::kNotFound, "not found: " + wanted, response);
  std::set<const FileDescriptor*> added;
  AddFile(file, added, response);
}

void AnswerWithExtensions(const std::string& type, ServerReflectionResponse& response) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const auto* descriptor = pool->FindMessageTypeByName(type);
  if (descriptor == nullptr) return SetError(RpcCode::kNotFound, "not found: " + type, response);
  response.mutable_all_extension_numbers_response()->set_base_type_name(type);
  std::vector<const FieldDescriptor*> extensions;
  pool->FindAllExtensions(descriptor, &extensions);
  for (const FieldDescriptor* extension : extensions) {
    response.mutable_all_extension_numbers_response()->add_extension_number(extension->number());
  }
}

void ListServices(const RpcMethods& methods, ServerReflectionResponse& response) {
  std::set<std::string> names;
  for (const auto& [name, method] : methods.all()) names.insert(name.substr(1, name.rfind('/') - 1));
  for (const std::string& name : names) response.mutable_list_services_response()->add_service()->set_name(name);
}

void Answer(const RpcMethods& methods, const ServerReflectionRequest& request, ServerReflectionResponse& response) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      return AnswerWithFile(pool->FindFileByName(request.file_by_filename()), request.file_by_filename(), response);
    case ServerReflectionRequest::kFileContainingSymbol:
      return AnswerWithFile(pool->FindFileContainingSymbol(request.file_containing_symbol()),
                            request.file_containing_symbol(), response);
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* type = pool->FindMessageTypeByName(wanted.containing_type());
      const auto* field = type == nullptr ? nullptr : pool->FindExtensionByNumber(type, wanted.extension_number());
      return AnswerWithFile(field == nullptr ? nullptr : field->file(), wanted.containing_type(), response);
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      return AnswerWithExtensions(request.all_extension_numbers_of_type(), response);
    case ServerReflectionRequest::kListServices:
      return ListServices(methods, response);
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  SetError(RpcCode::kInvalidArgument, "the request asks for nothing", response);
}

class Asker final : public RpcStream {
 public:
  Asker(const RpcMethods& methods, std::shared_ptr<RpcCall> call) : methods_(methods), call_(std::move(call)) {}

  void OnMessage(std::string_view message) override {
    ServerReflectionResponse response;
    ServerReflectionRequest& request = *response.mutable_original_request();
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return call_->Finish({RpcCode::kInternal, "the request cannot be read"});
    }
    response.set_valid_host(request.host());
    Answer(methods_, request, response);
    call_->Send(response.SerializeAsString());
  }
  void OnHalfClosed() override { call_->Finish({}); }
  void OnEnded() override {}

 private:
  const RpcMethods& methods_;
  const std::shared_ptr<RpcCall> call_;
};

}  // namespace

void RegisterReflection(RpcMethods& methods) {
  // The two versions differ in nothing but the name of their package.
  for (const char* version : {"v1", "v1alpha"}) {
    methods.Add(std::string("/grpc.reflection.") + version + ".ServerReflection/ServerReflectionInfo",
                RpcBegin([&methods](std::shared_ptr<RpcCall> call) {
                  return std::make_unique<Asker>(methods, std::move(call));
                }));
  }
}

}  // namespace lockstep::runtime

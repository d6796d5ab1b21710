#include "runtime/service/auth_service.h"

#include <memory>
#include <string>

#include "kvsm/api/auth.pb.h"

namespace lockstep::runtime {

using kvsm::Error;

void AuthService::Register(RpcMethods& methods) {
  const std::string prefix = "/etcdserverpb.Auth/";
  // What a store that has no users answers.
  for (const char* const name : {"AuthDisable", "UserList", "RoleList"}) {
    methods.Add(prefix + name, RpcUnary([this](std::string_view, const std::shared_ptr<RpcCall>& call) {
                  call->Reply(context_.Headed(context_.keys().revision(), std::string_view()));
                }));
  }
  methods.Add(prefix + "AuthStatus", RpcUnary([this](std::string_view, const std::shared_ptr<RpcCall>& call) {
                etcdserverpb::AuthStatusResponse response;
                response.set_authrevision(1);
                call->Reply(context_.Headed(context_.keys().revision(), response));
              }));
  const struct {
    const char* name;
    Error error;
  } refusals[] = {{"AuthEnable", Error::kRootUserNotExist},
                  {"Authenticate", Error::kAuthNotEnabled},
                  {"UserGet", Error::kUserNotFound},
                  {"UserDelete", Error::kUserNotFound},
                  {"UserChangePassword", Error::kUserNotFound},
                  {"UserGrantRole", Error::kUserNotFound},
                  {"UserRevokeRole", Error::kUserNotFound},
                  {"RoleGet", Error::kRoleNotFound},
                  {"RoleDelete", Error::kRoleNotFound},
                  {"RoleGrantPermission", Error::kRoleNotFound},
                  {"RoleRevokePermission", Error::kRoleNotFound}};
  for (const auto& [name, error] : refusals) {
    methods.Add(prefix + name, RpcUnary([error = error](std::string_view, const std::shared_ptr<RpcCall>& call) {
                  Refuse(*call, error);
                }));
  }
  for (const char* const name : {"UserAdd", "RoleAdd"}) {
    methods.Add(prefix + name, RpcUnary([](std::string_view, const std::shared_ptr<RpcCall>& call) {
                  call->Finish({RpcCode::kUnimplemented, "lockstep: this store keeps no users and no roles"});
                }));
  }
}

}  // namespace lockstep::runtime

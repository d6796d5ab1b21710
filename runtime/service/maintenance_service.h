// MaintenanceService: etcdserverpb.Maintenance: what operators ask of one node.
#ifndef LOCKSTEP_RUNTIME_SERVICE_MAINTENANCE_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_MAINTENANCE_SERVICE_H_

#include <functional>
#include <memory>
#include <string_view>

#include "kvsm/version_reader.h"
#include "runtime/service/context.h"

namespace lockstep::runtime {

class MaintenanceService {
 public:
  explicit MaintenanceService(ServiceContext& context) : context_(context) {}
  void Register(RpcMethods& methods);

 private:
  using Call = std::shared_ptr<RpcCall>;
  class SnapshotStream;
  struct Sum;

  void Status(std::string_view bytes, Call call);
  void Alarm(std::string_view bytes, Call call);
  void Defragment(std::string_view bytes, Call call);
  void Hash(std::string_view bytes, Call call);
  void HashKv(std::string_view bytes, Call call);
  void MoveLeader(std::string_view bytes, Call call);
  void Downgrade(std::string_view bytes, Call call);

  // Sums what is kept up to `last`, a slice at a time.
  void SumUp(kvsm::Revision last, std::function<void(uint32_t hash, kvsm::Revision compact_revision)> done);
  void GoOn(const std::shared_ptr<Sum>& sum);
  void CollectAll(Call call);

  ServiceContext& context_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_MAINTENANCE_SERVICE_H_

#include "gateway/store/sqlite/backend.h"

namespace kap::gateway::store::sqlite {

Result<SearchPage> Backend::search(const Query&) const { return SearchPage{}; }

}  // namespace kap::gateway::store::sqlite

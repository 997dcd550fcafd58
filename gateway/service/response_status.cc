#include "gateway/service/response_status.h"

namespace kap::gateway::service {

unsigned to_http_status(Category category) {
  switch (category) {
    case Category::kInvalidRequest:
      return 400;
    case Category::kUnauthenticated:
      return 401;
    case Category::kForbidden:
      return 403;
    case Category::kNotFound:
      return 404;
    case Category::kGone:
      return 410;
    case Category::kMethodNotAllowed:
      return 405;
    case Category::kNotAcceptable:
      return 406;
    case Category::kConflict:
      return 409;
    case Category::kPreconditionFailed:
      return 412;
    case Category::kTooLarge:
      return 413;
    case Category::kUnsupportedMediaType:
      return 415;
    case Category::kUnprocessable:
      return 422;
    case Category::kThrottled:
      return 429;
    case Category::kInternal:
      return 500;
    case Category::kUnavailable:
      return 503;
    case Category::kTimeout:
      return 504;
  }
  return 500;
}

}  // namespace kap::gateway::service

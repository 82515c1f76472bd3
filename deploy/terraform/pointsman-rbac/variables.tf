variable "commands" {
  description = "Commands that get a Role each, as `pointsman rbac --command` names them."
  type        = set(string)
  default     = ["blue-green-switch", "verify-health", "rollback", "status"]
  nullable    = false

  validation {
    condition     = length(var.commands) > 0
    error_message = "Name at least one command."
  }

  validation {
    condition = length(setsubtract(var.commands, [
      "blue-green-switch", "canary-step", "promote", "abort", "verify-health", "rollback", "readiness-check", "status",
    ])) == 0
    error_message = "Commands are blue-green-switch, canary-step, promote, abort, verify-health, rollback, readiness-check and status."
  }
}

variable "routers" {
  description = "What splits requests, for the commands that write routes. Nothing is needed for Service selectors and numbers of pods."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.routers, ["service", "gateway-api", "istio", "ingress-nginx"])) == 0
    error_message = "Routers are service, gateway-api, istio and ingress-nginx."
  }
}

variable "namespaces" {
  description = "Namespaces of the services. They must exist."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.namespaces) > 0
    error_message = "Name at least one namespace."
  }

  validation {
    condition     = length([for name in var.namespaces : name if !can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name))]) == 0
    error_message = "Names of namespaces have lower-case letters, digits and inner hyphens, 63 at most."
  }
}

variable "accounts" {
  description = "Service accounts that get the Roles, as [NAMESPACE/]NAME; without a namespace the account of that name beside each Role."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = length([for name in var.accounts : name if !can(regex(
      "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", name,
    ))]) == 0
    error_message = "Write accounts as NAME or as NAMESPACE/NAME."
  }
}

variable "users" {
  description = "Users that get the Roles, as your cloud's login names them."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = !contains(var.users, "")
    error_message = "A user has a name."
  }
}

variable "groups" {
  description = "Groups that get the Roles, as your cloud's login names them: those of an access entry on EKS, object ids on AKS."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = !contains(var.groups, "")
    error_message = "A group has a name."
  }
}

variable "service_account" {
  description = "An account of one's own for the pipeline, which is made and gets the Roles, too; annotations may name the cloud identity that it stands for."
  type = object({
    name        = optional(string, "pointsman")
    namespace   = string
    labels      = optional(map(string), {})
    annotations = optional(map(string), {})
  })
  default = null
}

variable "dead_man" {
  description = "For releases with `dead-man: true`: what posts the Job may do so, and the Job gets its account in each namespace."
  type        = bool
  default     = false
  nullable    = false
}

variable "dead_man_account" {
  description = "Account of that Job, as `dead-man-account` of the step names it."
  type        = string
  default     = "pointsman-dead-man"
  nullable    = false
}

variable "readiness_everywhere" {
  description = "Whether readiness-check may list log collectors, monitors and alert rules in every namespace; makes a ClusterRole."
  type        = bool
  default     = false
  nullable    = false
}

variable "readiness_elsewhere" {
  description = "Whether it may list the objects of Velero and Argo CD, in the namespaces velero and argocd."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.readiness_elsewhere, ["velero", "argocd"])) == 0
    error_message = "It looks into velero and argocd."
  }
}

variable "name_prefix" {
  description = "What the names of Roles begin with; two uses of the module in one namespace need two."
  type        = string
  default     = "pointsman"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$", var.name_prefix))
    error_message = "Use lower-case letters, digits, and inner hyphens and dots."
  }
}

variable "labels" {
  description = "Labels on every object."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "annotations" {
  description = "Annotations on every object."
  type        = map(string)
  default     = {}
  nullable    = false
}

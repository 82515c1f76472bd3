# A command's Role is its own rules, those of the routers if it writes routes, those of a dead-man switch if it is to
# post one, and those for a failing pod's last words: as `pointsman rbac` prints it.
locals {
  known = yamldecode(file("${path.module}/files/roles.yaml"))

  routed  = [for command in var.commands : command if local.known.commands[command].writesRoutes]
  guarded = [for command in var.commands : command if local.known.commands[command].postsDeadMan]

  for_routes = flatten([for router in var.routers : local.known.routers[router]])
  rules = {
    for command in var.commands : command => concat(
      local.known.commands[command].rules,
      [for rule in local.for_routes : rule if local.known.commands[command].writesRoutes],
      [for rule in local.known.postsDeadMan : rule if var.dead_man && local.known.commands[command].postsDeadMan],
      local.known.commands[command].wished,
    )
  }

  labels = merge({
    "app.kubernetes.io/name"       = "pointsman-rbac"
    "app.kubernetes.io/version"    = local.known.version
    "app.kubernetes.io/managed-by" = "terraform"
  }, var.labels)

  # Without a namespace the provider would write "default" into it, which users and groups do not have.
  everywhere = concat(
    [for name in var.groups : { kind = "Group", name = name, namespace = "", api_group = "rbac.authorization.k8s.io" }],
    [for name in var.users : { kind = "User", name = name, namespace = "", api_group = "rbac.authorization.k8s.io" }],
  )
  made = [
    for one in var.service_account[*] :
    { kind = "ServiceAccount", name = one.name, namespace = one.namespace, api_group = "" }
  ]
  subjects = {
    for namespace in var.namespaces : namespace => concat(
      local.made,
      [for account in var.accounts : {
        kind      = "ServiceAccount"
        name      = element(split("/", account), length(split("/", account)) - 1)
        namespace = length(split("/", account)) > 1 ? split("/", account)[0] : namespace
        api_group = ""
      }],
      local.everywhere,
    )
  }
  all_subjects = distinct(flatten([for namespace in var.namespaces : local.subjects[namespace]]))

  roles = merge(
    {
      for pair in setproduct(var.namespaces, var.commands) : "${pair[0]}/${var.name_prefix}-${pair[1]}" => {
        namespace = pair[0]
        name      = "${var.name_prefix}-${pair[1]}"
        rules     = local.rules[pair[1]]
        subjects  = local.subjects[pair[0]]
      }
    },
    {
      for namespace in var.namespaces : "${namespace}/${var.dead_man_account}" => {
        namespace = namespace
        name      = var.dead_man_account
        rules     = concat(local.known.deadMan, local.for_routes)
        subjects  = [{ kind = "ServiceAccount", name = var.dead_man_account, namespace = namespace, api_group = "" }]
      } if var.dead_man
    },
    {
      for namespace in var.readiness_elsewhere : "${namespace}/${var.name_prefix}-readiness-check-elsewhere" => {
        namespace = namespace
        name      = "${var.name_prefix}-readiness-check-elsewhere"
        rules     = local.known.readiness.elsewhere[namespace]
        subjects  = local.all_subjects
      }
    },
  )
}

resource "kubernetes_role_v1" "this" {
  for_each = local.roles

  metadata {
    name        = each.value.name
    namespace   = each.value.namespace
    labels      = local.labels
    annotations = var.annotations
  }

  dynamic "rule" {
    for_each = each.value.rules
    content {
      api_groups = rule.value.apiGroups
      resources  = rule.value.resources
      verbs      = rule.value.verbs
    }
  }

  lifecycle {
    precondition {
      condition     = length(var.routers) == 0 || length(local.routed) > 0
      error_message = "None of the commands writes a route, so routers mean nothing with them."
    }
    precondition {
      condition     = !var.dead_man || length(local.guarded) > 0
      error_message = "None of the commands posts a dead-man switch."
    }
    precondition {
      condition     = contains(var.commands, "readiness-check") || !(var.readiness_everywhere || length(var.readiness_elsewhere) > 0)
      error_message = "Add readiness-check to the commands, or leave readiness_everywhere and readiness_elsewhere out."
    }
  }
}

resource "kubernetes_role_binding_v1" "this" {
  for_each = { for key, role in local.roles : key => role if length(role.subjects) > 0 }

  metadata {
    name        = each.value.name
    namespace   = each.value.namespace
    labels      = local.labels
    annotations = var.annotations
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role_v1.this[each.key].metadata[0].name
  }

  dynamic "subject" {
    for_each = each.value.subjects
    content {
      kind      = subject.value.kind
      name      = subject.value.name
      namespace = subject.value.namespace
      api_group = subject.value.api_group
    }
  }
}

resource "kubernetes_cluster_role_v1" "readiness" {
  count = var.readiness_everywhere ? 1 : 0

  metadata {
    name        = "${var.name_prefix}-readiness-check"
    labels      = local.labels
    annotations = var.annotations
  }

  dynamic "rule" {
    for_each = local.known.readiness.everywhere
    content {
      api_groups = rule.value.apiGroups
      resources  = rule.value.resources
      verbs      = rule.value.verbs
    }
  }
}

resource "kubernetes_cluster_role_binding_v1" "readiness" {
  count = var.readiness_everywhere && length(local.all_subjects) > 0 ? 1 : 0

  metadata {
    name        = "${var.name_prefix}-readiness-check"
    labels      = local.labels
    annotations = var.annotations
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = kubernetes_cluster_role_v1.readiness[0].metadata[0].name
  }

  dynamic "subject" {
    for_each = local.all_subjects
    content {
      kind      = subject.value.kind
      name      = subject.value.name
      namespace = subject.value.namespace
      api_group = subject.value.api_group
    }
  }
}

resource "kubernetes_service_account_v1" "this" {
  for_each = { for one in var.service_account[*] : "${one.namespace}/${one.name}" => one }

  metadata {
    name        = each.value.name
    namespace   = each.value.namespace
    labels      = merge(local.labels, each.value.labels)
    annotations = merge(var.annotations, each.value.annotations)
  }
}

resource "kubernetes_service_account_v1" "dead_man" {
  for_each = toset([for namespace in var.namespaces : namespace if var.dead_man])

  metadata {
    name        = var.dead_man_account
    namespace   = each.key
    labels      = local.labels
    annotations = var.annotations
  }
}

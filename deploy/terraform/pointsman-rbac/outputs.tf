output "roles" {
  description = "The Roles that were made, as NAMESPACE/NAME."
  value       = keys(kubernetes_role_v1.this)
}

output "service_account" {
  description = "The account that was made, as NAMESPACE/NAME; null without one."
  value       = try(keys(kubernetes_service_account_v1.this)[0], null)
}

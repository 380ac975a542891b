<?php
// Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
require '/usr/local/www/nextcloud/config/meshwright.config.php';
switch ($argv[1] ?? '') {
case 'installed':
  [$host, $port] = explode(':', $CONFIG['dbhost']);
  try {
    $database = new PDO(
      "pgsql:host=$host;port=$port;dbname={$CONFIG['dbname']};connect_timeout=10",
      $CONFIG['dbuser'], $CONFIG['dbpassword'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    $there = $database->query("SELECT to_regclass('oc_appconfig') IS NOT NULL")->fetchColumn();
    $since = $there
      ? $database->query("SELECT configvalue FROM oc_appconfig WHERE appid = 'core' AND configkey = 'installedat'")->fetchColumn()
      : false;
    exit($since === false ? 1 : 0);
  } catch (PDOException $problem) {
    fwrite(STDERR, "nextcloud: SQLSTATE {$problem->getCode()}\n");
    exit(2);
  }
case 'install':
  $argv = $_SERVER['argv'] = [
    'occ', 'maintenance:install', '--no-interaction', '--database', 'pgsql',
    '--database-host', $CONFIG['dbhost'], '--database-name', $CONFIG['dbname'],
    '--database-user', $CONFIG['dbuser'], '--database-pass', $CONFIG['dbpassword'],
    '--admin-user', 'admin',
    '--admin-pass', trim(file_get_contents('/usr/local/etc/meshwright/nextcloud-admin')),
    '--data-dir', $CONFIG['datadirectory'],
  ];
  chdir('/usr/local/www/nextcloud');
  require '/usr/local/www/nextcloud/console.php';
  break;
default:
  fwrite(STDERR, "usage: nextcloud.php installed|install\n");
  exit(64);
}
